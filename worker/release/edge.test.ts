import { describe, expect, test } from 'vitest'
import { ManualTimers } from '../testing/test-deps.ts'
import { createEdgeClient } from './edge.ts'
import { sha256Hex } from './verify.ts'

const WHOLE = new Uint8Array(1_000_000).map((_, i) => (i * 31) % 251)
const HASH = await sha256Hex(crypto.subtle, WHOLE)

/** Asks for an object of a million bytes that arrives at a rate. @returns What came of it, and how long it took. */
async function fetchAt(bytesPerSecond: number): Promise<{ readonly outcome: string; readonly seconds: number }> {
  const timers = new ManualTimers()
  let [sent, seconds] = [0, 0]
  const drip = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(WHOLE.subarray(sent, sent + bytesPerSecond))
      sent += bytesPerSecond
      seconds++
      if (sent >= WHOLE.length) controller.close()
      timers.advance(1_000)
    },
  })
  const deps = { fetch: async () => new Response(drip), after: timers.after, subtle: crypto.subtle }
  const object = createEdgeClient(deps, 'https://edge.test', 'shop').object(HASH, WHOLE.length)
  const outcome = await object.then(
    (bytes) => `${bytes.length} bytes`,
    (error) => String(error.code),
  )
  return { outcome, seconds }
}

describe('createEdgeClient', () => {
  test('gives up an object that arrives a byte at a time after 45 seconds', async () => {
    const { outcome, seconds } = await fetchAt(1)
    expect(outcome).toBe('edge-unreachable')
    expect(seconds).toBeGreaterThanOrEqual(45)
    expect(seconds).toBeLessThan(60)
  })

  test('waits for as long as it takes where 8 kB and more arrive each second', async () => {
    expect(await fetchAt(9_000)).toEqual({ outcome: '1000000 bytes', seconds: 112 })
  })

  test('asks past the cache for an object that came damaged or too long, and gives up one that stays so', async () => {
    const damaged = WHOLE.slice().fill(0, 500, 600)
    const outcomeOf = async (first: Uint8Array<ArrayBuffer>, later: Uint8Array<ArrayBuffer>) => {
      const asked: (RequestCache | undefined)[] = []
      const fetch = async (_url: string, init?: RequestInit) => {
        asked.push(init?.cache)
        return new Response(asked.length === 1 ? first : later)
      }
      const deps = { fetch, after: new ManualTimers().after, subtle: crypto.subtle }
      const object = createEdgeClient(deps, 'https://edge.test', 'shop').object(HASH, WHOLE.length)
      const outcome = await object.then(
        (bytes) => bytes.length,
        (error) => String(error.code),
      )
      return { outcome, asked }
    }
    expect(await outcomeOf(damaged, WHOLE)).toEqual({ outcome: 1_000_000, asked: ['default', 'reload'] })
    expect(await outcomeOf(new Uint8Array(1_000_001), WHOLE)).toEqual({
      outcome: 1_000_000,
      asked: ['default', 'reload'],
    })
    expect(await outcomeOf(damaged, damaged)).toEqual({ outcome: 'hash-mismatch', asked: ['default', 'reload'] })
    expect(await outcomeOf(WHOLE, damaged)).toEqual({ outcome: 1_000_000, asked: ['default'] })
  })
})
