import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '#contract/manifest'
import { recommend } from '#worker/core/recommend'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel, type ReadObject } from '../device/resident-model.ts'
import { createVisitReader } from '../device/visits.ts'
import { ndcgAt } from '../evaluate/metrics.ts'
import type { World } from './world.ts'

const CUTOFF = 20

export type JudgedRelease = { readonly manifest: Manifest; readonly read: ReadObject; readonly itemNos: Uint32Array }

/** Where lists are written, or null. */
export type ListPlace = { readonly dir: string; readonly name: string } | null

/** What held-out users' devices show. */
export type Judged = {
  /** Mean NDCG@20. */
  readonly ndcg20: number
  /** Item indices, one list per user. */
  readonly lists: readonly (readonly number[])[]
}

/** Shows every held-out user a list; items of their history are never shown. */
export async function judgeRelease(
  world: World,
  { manifest, read, itemNos }: JudgedRelease,
  place: ListPlace,
): Promise<Judged> {
  const model = loadModel(manifest, read)
  const ranker = await openRanker(model, read)
  const visit = createVisitReader(model, world.dataset.interactions, itemNos)
  const indexOf = new Map(Array.from(itemNos, (itemNo, index) => [itemNo, index]))
  const deps = { rng: () => 0.5, nowMs: () => 0 }
  const lists: number[][] = []
  let sum = 0
  for (const { known, truth } of world.judged) {
    const query = { ...visit({ known, at: Number.NaN }), count: CUTOFF, rules: null }
    const { items } = await recommend(model, ranker, query, deps)
    const list = items.map(({ itemNo }) => indexOf.get(itemNo) ?? -1)
    sum += ndcgAt(list, truth, CUTOFF)
    lists.push(list)
  }
  await ranker?.close?.()
  if (place !== null) {
    await mkdir(place.dir, { recursive: true })
    const lines = lists.map((list, u) => {
      const items = list.map((item) => world.dataset.items[item].id)
      return JSON.stringify({ user_id: world.judged[u].id, items })
    })
    await writeFile(join(place.dir, `${place.name}.jsonl`), `${lines.join('\n')}\n`)
  }
  return { ndcg20: sum / world.judged.length, lists }
}

/** Share of the lists that have an item. */
export function exposureOf({ lists }: Judged, item: number): number {
  return lists.filter((list) => list.includes(item)).length / lists.length
}

/** Writes what was to be found, so that anyone can recompute the metric from the lists. */
export async function writeTruth(world: World, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const path = join(dir, 'truth.jsonl')
  await writeFile(path, '')
  for (const { id, truth } of world.judged)
    await appendFile(
      path,
      `${JSON.stringify({ user_id: id, items: Array.from(truth, (item) => world.dataset.items[item].id) })}\n`,
    )
}
