/**
 * Lets what is under way without a clock come to its end: each turn is as long as a piece of work of the thread pool, which hashes and packs bytes,
 * so that a busy machine makes turns longer and not fewer.
 */
export async function passTurns(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await crypto.subtle.digest('SHA-256', new Uint8Array(1))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
