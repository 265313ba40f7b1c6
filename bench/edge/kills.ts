import { BASE, READ_HEADERS } from './bench-site.ts'
import type { EdgeProcess } from './edge-process.ts'

/** Each has one unacknowledged batch at a time. */
const SENDERS = 1_200
const IN_FLIGHT = 1_000
const EVENTS = 5

const batchOf = (batch: string) => ({
  v: 1,
  batch,
  events: Array.from({ length: EVENTS }, (_, i) => ({
    v: 1,
    type: 'view',
    item: `item-${i}`,
    at: Math.floor(Date.now() / 3_600_000) * 3_600_000,
    pseudonym: 'pseudonym-kkkkkkkkkkkk',
  })),
})

export type Killed = {
  /** Ids of the batches that were acknowledged. */
  readonly acked: readonly string[]
  /** Batches sent and not acknowledged at the moment of the kill, at least 1,000. */
  readonly inFlight: number
}

/** Sends batches without a pause and kills the edge after so many acknowledgements, with 1,000 more in flight. */
export async function sendUntilKilled(edge: EdgeProcess, run: string, acksBeforeKill: number): Promise<Killed> {
  const acked: string[] = []
  let [next, inFlight, inFlightAtKill] = [0, 0, 0]
  const send = async (batch: string) => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(batchOf(batch)) }
    const response = await fetch(`${edge.url}${BASE}/events`, init)
    await response.arrayBuffer()
    return response.status
  }
  const sender = async () => {
    for (;;) {
      const batch = `${run}-${next++}`
      inFlight++
      const status = await send(batch).catch(() => undefined)
      inFlight--
      if (status === undefined) return
      if (status === 200) acked.push(batch)
      if (inFlightAtKill > 0 || acked.length < acksBeforeKill || inFlight < IN_FLIGHT) continue
      inFlightAtKill = inFlight
      edge.child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  await edge.stop('SIGKILL')
  return { acked, inFlight: inFlightAtKill }
}

/** Acknowledged batches of which the export does not hold every event exactly once. */
export async function countLost(edge: EdgeProcess, acked: readonly string[]): Promise<number> {
  const counts = new Map<string, number>()
  for (let cursor = 0, isEnd = false; !isEnd; ) {
    const response = await fetch(`${edge.url}${BASE}/events?cursor=${cursor}`, { headers: READ_HEADERS })
    const page = (await response.json()) as { events: { batch: string }[]; cursor: number; isEnd: boolean } // what the edge promises
    for (const { batch } of page.events) counts.set(batch, (counts.get(batch) ?? 0) + 1)
    ;({ cursor, isEnd } = page)
  }
  return acked.filter((batch) => counts.get(batch) !== EVENTS).length
}
