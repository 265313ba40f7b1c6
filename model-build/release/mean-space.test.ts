import { afterAll, expect, test } from 'vitest'
import { parseManifest, secondSpaceOf, sequenceSpaceOf } from '#contract/manifest'
import { findCandidates } from '#worker/core/candidates'
import { channelBit } from '#worker/core/channels'
import { encodeHistory } from '#worker/core/encoder/sequence-encoder'
import type { Dataset } from '../dataset.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { loadModel } from '../device/resident-model.ts'
import { createVisitReader } from '../device/visits.ts'
import { fitModels } from '../fit/fit-models.ts'
import { SMALL_MODELS } from '../fit/small-models.conformance.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { assembleRelease } from './assemble.ts'
import { SMALL_RELEASE } from './small-release.conformance.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

test('a release with a mean space is read back without a model, and its channel finds items of the taste', async () => {
  const clusters = 5
  const log = logFromLists(clusteredLists({ users: 300, items: 100, clusters, perUser: 8, seed: 2 }), 100)
  const dataset: Dataset = {
    users: Array.from({ length: 300 }, (_, u) => `u${u}`),
    items: Array.from({ length: 100 }, (_, i) => bareItem(`i${i}`)),
    interactions: log,
  }
  const second = { kind: 'mean', epochs: 12, shown: 0.5, ratio: 1, learningRate: 0.02, decay: 0.1 } as const
  const models = await fitModels(dataset, { ...SMALL_MODELS, sweeps: 3, second }, pool)
  const { manifest, objects, itemNos } = await assembleRelease(dataset, models, null, {
    ...SMALL_RELEASE,
    headSlices: [20],
    cellItems: 30,
    pool,
  })
  const parsed = parseManifest(JSON.parse(JSON.stringify(manifest)))
  expect(secondSpaceOf(parsed)).toMatchObject({ index: 1, space: { encoder: { type: 'mean', ratio: 1 } } })
  expect(sequenceSpaceOf(parsed)).toBeNull()
  const read = (hash: string) => objects.get(hash)
  expect(await openEncoder(manifest, read)).toBeNull()
  const model = loadModel(manifest, read)
  const readVisit = createVisitReader(model, log, itemNos)
  const user = Array.from(log.userOffsets.keys()).findIndex((u) => clusterShare(u) === 1)
  const query = readVisit({
    known: Int32Array.from({ length: 5 }, (_, k) => log.userOffsets[user] + k),
    at: Number.NaN,
  })
  const sequence = await encodeHistory(model, null, query)
  expect(Math.hypot(...(sequence ?? []))).toBeCloseTo(4, 5)
  const { rows, channels, inputs } = findCandidates(model, { ...query, sequence, plan: { sequence: 5 } })
  const found = Array.from(rows.keys()).filter((i) => (channels[i] & channelBit('sequence')) !== 0)
  expect(found).toHaveLength(5)
  const clusterOf = (row: number) => itemNos.indexOf(model.catalogue.itemNoOf[row]) % clusters
  const taste = log.item[log.userOffsets[user]] % clusters
  expect(found.filter((i) => clusterOf(rows[i]) === taste).length).toBeGreaterThanOrEqual(3)
  expect(inputs.sequence.some((value) => value > 0)).toBe(true)

  function clusterShare(u: number): number {
    const items = log.item.subarray(log.userOffsets[u], log.userOffsets[u + 1])
    return items.filter((item) => item % clusters === items[0] % clusters).length / items.length
  }
})
