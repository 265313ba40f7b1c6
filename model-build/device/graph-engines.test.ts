import { afterAll, expect, test } from 'vitest'
import { integerQuery } from '#contract/vectors'
import { mergeTopK } from '#worker/core/retriever'
import type { Dataset } from '../dataset.ts'
import { fitModels } from '../fit/fit-models.ts'
import { SMALL_MODELS } from '../fit/small-models.conformance.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { assembleRelease } from '../release/assemble.ts'
import { SMALL_RELEASE } from '../release/small-release.conformance.ts'
import { createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { withGraphs } from './graph-engines.ts'
import { loadModel } from './resident-model.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

test('groups with a graph are searched by it, the rest by the scan, and the best are the same', async () => {
  const dataset = clusteredLog(300, 600)
  const models = await fitModels(dataset, SMALL_MODELS, pool)
  const { manifest, objects } = await assembleRelease(dataset, models, null, {
    ...SMALL_RELEASE,
    graphMinItems: 400,
    pool,
  })
  const read = (hash: string) => objects.get(hash)
  const scanned = loadModel(manifest, read)
  const model = withGraphs(scanned, read)
  expect(model.retrievers.map(({ name }) => name).sort()).toEqual(['hnsw', 'scan'])
  const query = integerQuery(models.vectors.slice(0, 16), model.catalogue.scales)
  const blocked = new Uint8Array(model.catalogue.rowCount)
  const best = (of: typeof model) =>
    mergeTopK(
      of.retrievers.map((engine) => engine.search(query, 50, blocked)),
      50,
      of.catalogue.itemNoOf,
    ).rows
  const found = new Set(best(model))
  expect([...best(scanned)].filter((row) => found.has(row)).length).toBeGreaterThanOrEqual(48)
  for (const engine of model.retrievers) engine.close()
})

/** Users who like one of six groups of items. */
function clusteredLog(users: number, items: number): Dataset {
  const random = createRandom(7)
  const rows = Array.from({ length: users }, (_, user) =>
    Int32Array.from(new Set(Array.from({ length: 20 }, () => Math.floor((random() * items) / 6) * 6 + (user % 6)))),
  )
  const userOffsets = new Int32Array(users + 1)
  rows.forEach((row, user) => {
    userOffsets[user + 1] = userOffsets[user] + row.length
  })
  const item = Int32Array.from(rows.flatMap((row) => Array.from(row)))
  const log = { userCount: users, itemCount: items, userOffsets, item, order: 'none' } as const
  return {
    users: rows.map((_, user) => `u${user}`),
    items: Array.from({ length: items }, (_, i) => bareItem(`i${i}`)),
    interactions: {
      ...log,
      weight: new Float32Array(item.length).fill(1),
      at: new Float64Array(item.length).fill(Number.NaN),
    },
  }
}
