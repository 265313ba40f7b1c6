import { BASE, READ_HEADERS } from './bench-site.ts'
import type { EdgeProcess } from './edge-process.ts'

const SENDERS = 64
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

/** Sends batches without a pause and kills the edge after so many acknowledgements. @returns Ids of those it acknowledged. */
export async function sendUntilKilled(edge: EdgeProcess, run: string, acksBeforeKill: number): Promise<string[]> {
  const acked: string[] = []
  let next = 0
  const sender = async () => {
    for (;;) {
      const batch = `${run}-${next++}`
      const headers = { 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(batchOf(batch)) }
      const status = await fetch(`${edge.url}${BASE}/events`, init).then(
        (response) => response.arrayBuffer().then(() => response.status),
        () => undefined,
      )
      if (status === undefined) return
      if (status === 200) acked.push(batch)
      if (acked.length === acksBeforeKill) edge.child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  await edge.stop('SIGKILL')
  return acked
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
