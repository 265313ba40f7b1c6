/** Functions that run inside a page: Playwright sends their text, so they use nothing of this file and import nothing but types. */
import type { PeerEngine } from './peer-engine.ts'

/** Builds an engine's index and uploads what it stores. */
export async function buildPeer({
  name,
  dim,
}: {
  name: string
  dim: number
}): Promise<{ readonly tookMs: number; readonly ownStorage: boolean }> {
  const { engine } = (await import(`/engines/${name}/${name}.js`)) as { engine: PeerEngine }
  const rows = new Float32Array(await (await fetch('/data/rows')).arrayBuffer())
  const start = performance.now()
  const stored = await engine.build(rows, dim)
  const tookMs = performance.now() - start
  const part = 4 * 2 ** 20 // a driver of browsers gets every body as one message, and a message has a limit
  for (let from = 0; from < stored.length; from += part)
    await fetch('/store', { method: 'POST', body: stored.subarray(from, from + part) })
  return { tookMs, ownStorage: engine.place !== undefined }
}

/** Leaves the index where a library with storage of its own looks for it. */
export async function placePeer(name: string): Promise<void> {
  const { engine } = (await import(`/engines/${name}/${name}.js`)) as { engine: PeerEngine }
  await engine.place?.(new Uint8Array(await (await fetch('/data/stored')).arrayBuffer()))
}

/** Opens the stored index. Ready is when the first query is answered, the script's own loading included. @returns Milliseconds. */
export async function measureReady({ name, dim }: { name: string; dim: number }): Promise<number> {
  const bytes = async (path: string) => (await fetch(path)).arrayBuffer()
  const query = new Float32Array(await bytes('/data/queries')).slice(0, dim)
  const stored = new Uint8Array(await bytes('/data/stored'))
  const start = performance.now()
  const { engine } = (await import(`/engines/${name}/${name}.js`)) as { engine: PeerEngine }
  await engine.load(stored, dim)
  await engine.search(query, 10)
  return performance.now() - start
}

/** What a page measured of one engine. */
export type PeerSample = {
  readonly note: string | undefined
  /** From the start of loading until nothing is under way. */
  readonly settleMs: number
  readonly timesMs: readonly number[]
  /** Rows found by k, one list a query. */
  readonly found: Readonly<Record<number, readonly (readonly number[])[]>>
}

/** Opens the stored index and searches. */
export async function measurePeer({
  name,
  dim,
  warmMs,
  rounds,
  enoughMs,
}: {
  name: string
  dim: number
  /** All queries are asked for as long as this before times are taken: until then browsers compile what they run. */
  warmMs: number
  /** How often all queries are asked: up to the second number, no more once the first is reached and `enoughMs` are over. */
  rounds: readonly [number, number]
  enoughMs: number
}): Promise<PeerSample> {
  const bytes = async (path: string) => (await fetch(path)).arrayBuffer()
  const all = new Float32Array(await bytes('/data/queries'))
  const queries = Array.from({ length: all.length / dim }, (_, q) => all.slice(q * dim, (q + 1) * dim))
  let stored: Uint8Array<ArrayBuffer> | null = new Uint8Array(await bytes('/data/stored'))
  const start = performance.now()
  const { engine } = (await import(`/engines/${name}/${name}.js`)) as { engine: PeerEngine }
  await engine.load(stored, dim)
  stored = null
  await engine.settle?.()
  const settleMs = performance.now() - start
  const found: Record<number, (readonly number[])[]> = {}
  for (const k of [10, 50, 500]) {
    const lists: (readonly number[])[] = []
    for (const query of queries) lists.push(await engine.search(query, k))
    found[k] = lists
  }
  for (const start = performance.now(); performance.now() - start < warmMs; )
    for (const query of queries) await engine.search(query, 10)
  const timesMs: number[] = []
  const [least, most] = rounds
  const begun = performance.now()
  for (let round = 0; round < most && (round < least || performance.now() - begun < enoughMs); round++) {
    for (const query of queries) {
      const from = performance.now()
      const answer = engine.search(query, 10)
      if (answer instanceof Promise) await answer
      timesMs.push(performance.now() - from)
    }
  }
  return { note: engine.note, settleMs, timesMs, found }
}
