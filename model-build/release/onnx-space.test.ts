import { afterAll, expect, test } from 'vitest'
import { parseManifest, sequenceSpaceOf } from '#contract/manifest'
import { encodeHistory } from '#worker/core/encoder/sequence-encoder'
import type { Dataset } from '../dataset.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { loadModel } from '../device/resident-model.ts'
import { createVisitReader } from '../device/visits.ts'
import { fitModels } from '../fit/fit-models.ts'
import { SMALL_MODELS } from '../fit/small-models.conformance.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { markovLists } from '../sequence/markov-lists.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { assembleRelease } from './assemble.ts'
import { SMALL_RELEASE } from './small-release.conformance.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

test('a release with a sequence space is read back, and its encoder finds what follows', async () => {
  const lists = markovLists({ users: 250, items: 60, perUser: 10, followers: 1, noise: 0, seed: 4 })
  const log = { ...logFromLists(lists, 60), order: 'order' } as const
  const dataset: Dataset = {
    users: lists.map((_, u) => `u${u}`),
    items: Array.from({ length: 60 }, (_, i) => bareItem(`i${i}`)),
    interactions: log,
  }
  const second = { kind: 'sequence', epochs: 40, dropout: 0, horizon: 1, learningRate: 0.008 } as const
  const models = await fitModels(dataset, { ...SMALL_MODELS, sweeps: 3, second }, pool)
  const { manifest, objects, itemNos } = await assembleRelease(dataset, models, null, {
    ...SMALL_RELEASE,
    headSlices: [20],
    cellItems: 30,
    pool,
  })
  const read = (hash: string) => objects.get(hash)
  expect(sequenceSpaceOf(parseManifest(JSON.parse(JSON.stringify(manifest))))?.index).toBe(1)
  const model = loadModel(manifest, read)
  const encoder = await openEncoder(manifest, read)
  const readVisit = createVisitReader(model, log, itemNos)
  let found = 0
  for (let user = 0; user < 50; user++) {
    const known = Int32Array.from({ length: 9 }, (_, k) => log.userOffsets[user] + k)
    const query = await encodeHistory(model, encoder, readVisit({ known, at: Number.NaN }))
    const next = itemNos[lists[user][9]]
    const scores = Array.from({ length: 60 }, (_, row) => scoreOf(model, row, query))
    const best = scores.indexOf(Math.max(...scores))
    if (model.catalogue.itemNoOf[best] === next) found++
  }
  await encoder?.close()
  expect(found).toBeGreaterThan(35) // chance finds 1
})

function scoreOf({ catalogue }: ReturnType<typeof loadModel>, row: number, query: Float32Array | null): number {
  const { sequence } = catalogue
  if (sequence === null || query === null) return 0
  return query.reduce(
    (sum, value, d) => sum + value * sequence.quantised[row * sequence.dim + d] * sequence.scales[d],
    0,
  )
}
