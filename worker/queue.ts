/** Runs pieces of work one after the other; a failed piece does not stop the next. */
export function createQueue(): <T>(run: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve()
  return (run) => {
    const result = tail.then(run)
    tail = result.catch(() => undefined) // the caller of `run` gets the error
    return result
  }
}
