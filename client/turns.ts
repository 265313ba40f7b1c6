/** Longest wait for a frame, ms: a page that nobody looks at paints none. */
const NO_FRAME_MS = 250

/** Resolves when it is the caller's turn to draw: in the same task where nobody drew just now, else after the frame of whoever did. */
export type TakeTurn = () => Promise<void>

/** Lets the shelves of a page draw one in a frame: lists that arrive together would else be styled, laid out and painted in one long task. */
export function createTurns(): TakeTurn {
  let last = Promise.resolve()
  return () => {
    const turn = last
    last = turn.then(nextFrame)
    return turn
  }
}

/** Resolves in a task of its own behind the next frame. */
export function nextFrame(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done))
    setTimeout(done, NO_FRAME_MS)
  })
}
