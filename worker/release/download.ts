import { RecError } from '#contract/errors'
import type { EngineDeps } from '../deps.ts'
import { joinBytes } from '../join-bytes.ts'

/** What arrives at this rate or faster may take as long as it needs. */
const LEAST_BYTES_PER_MS = 8

/**
 * Reads a body and stops beyond a limit, so that a wrong server cannot fill the memory.
 * @throws RecError `edge-unreachable` when it breaks off, `hash-mismatch` beyond the limit
 */
export async function readLimited(
  response: Response,
  limitBytes: number,
  arrived: (bytes: number) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      length += value.length
      arrived(value.length)
      if (length > limitBytes) break
    }
  } catch (cause) {
    throw new RecError('edge-unreachable', 'the answer broke off', { sizeBytes: length }, { cause })
  }
  if (length > limitBytes) {
    await reader.cancel().catch(() => undefined) // the answer is refused either way
    throw new RecError('hash-mismatch', 'an answer is larger than it may be', { sizeBytes: length, limitBytes })
  }
  return joinBytes(parts)
}

/**
 * Settles within the deadline, whatever the network does. Bytes that arrived meanwhile put it off by the time they may take, so that only what stalls or drips is given up.
 * @throws RecError `edge-unreachable`
 */
export async function withDeadline<T>(
  deps: Pick<EngineDeps, 'after'>,
  deadlineMs: number,
  run: (signal: AbortSignal, arrived: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  let cancel: () => void = () => undefined
  let earnedMs = 0
  const late = new Promise<never>((_resolve, reject) => {
    const wait = (ms: number): void => {
      earnedMs = 0
      cancel = deps.after(ms, () => {
        if (earnedMs >= 1) return wait(earnedMs)
        reject(new RecError('edge-unreachable', 'the edge did not answer in time', { deadlineMs }))
        abort.abort()
      })
    }
    wait(deadlineMs)
  })
  const arrived = (bytes: number): void => {
    earnedMs += bytes / LEAST_BYTES_PER_MS
  }
  try {
    return await Promise.race([run(abort.signal, arrived), late])
  } finally {
    cancel()
  }
}
