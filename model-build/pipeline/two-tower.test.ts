import { afterAll, expect, test } from 'vitest'
import { parseManifest, sequenceSpaceOf } from '#contract/manifest'
import { findCandidates } from '#worker/core/candidates'
import { channelBit } from '#worker/core/channels'
import { encodeHistory } from '#worker/core/encoder/sequence-encoder'
import { DEFAULTS } from '../config/defaults.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { loadModel } from '../device/resident-model.ts'
import { createVisitReader } from '../device/visits.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { ringDataset } from '../two-tower/planted.ts'
import { fitPipeline } from './fit-pipeline.ts'
import { makeRelease } from './make-release.ts'
import { SILENT } from './progress.ts'
import { resolveSettings } from './settings.ts'

const pool = await createKernelPool({ threads: 2 })
afterAll(() => pool.close())

const CLUSTERS = 20
const ITEMS = 400
const PER_USER = 8

test('two towers ship where what items are says what follows, and their release is read back', async () => {
  const dataset = ringDataset({ users: 150, items: ITEMS, clusters: CLUSTERS, perUser: PER_USER, seed: 3 })
  const settings = resolveSettings({
    ...DEFAULTS,
    embedding: { ...DEFAULTS.embedding, dimensions: 16, sweeps: 4, halfLifeItems: [0, 3] },
    mean: { ...DEFAULTS.mean, enabled: false },
    twoTower: { enabled: true, minRows: 100, minGain: 0.01 },
    ranker: { ...DEFAULTS.ranker, trees: 5 },
  })
  const pipeline = await fitPipeline(dataset, settings, pool, SILENT)
  expect(pipeline.second?.settings?.kind).toBe('twoTower')
  expect(pipeline.second?.gain).toBeGreaterThan(0.01)
  expect(pipeline.second?.ships).toBe(true)
  const made = await makeRelease(dataset, { pipeline, settings, last: null, gate: {}, pool, report: SILENT })
  const { manifest, objects, itemNos } = made
  const parsed = parseManifest(JSON.parse(JSON.stringify(manifest)))
  expect(sequenceSpaceOf(parsed)?.space.spaceId).toMatch(/^two-tower-/)
  const read = (hash: string) => objects.get(hash)
  const model = loadModel(parsed, read)
  const encoder = await openEncoder(parsed, read)
  const readVisit = createVisitReader(model, dataset.interactions, itemNos)
  let ahead = 0
  for (let user = 0; user < 20; user++) {
    const first = dataset.interactions.userOffsets[user]
    const query = readVisit({ known: Int32Array.of(first), at: Number.NaN })
    const sequence = await encodeHistory(model, encoder, query)
    const { rows, channels } = findCandidates(model, { ...query, sequence, plan: { sequence: 5 } })
    const found = Array.from(rows.keys()).filter((i) => (channels[i] & channelBit('sequence')) !== 0)
    expect(found).toHaveLength(5)
    const clusterOf = (row: number) => itemNos.indexOf(model.catalogue.itemNoOf[row]) % CLUSTERS
    const stepsTo = (row: number) => (clusterOf(row) - dataset.interactions.item[first] + ITEMS) % CLUSTERS
    ahead += found.filter((i) => stepsTo(rows[i]) >= 1 && stepsTo(rows[i]) < PER_USER).length / 100
  }
  await encoder?.close()
  expect(ahead).toBeGreaterThan(0.7) // chance is 0.35
})
