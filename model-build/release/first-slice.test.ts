import { afterAll, expect, test } from 'vitest'
import { cellRefs, decodeShardTable } from '#contract/shard-table'
import { encodeTrees, type TreeEnsemble } from '#contract/trees'
import type { Dataset } from '../dataset.ts'
import { fitModels } from '../fit/fit-models.ts'
import { SMALL_MODELS } from '../fit/small-models.conformance.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { createRandom } from '../train/random.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { assembleRelease } from './assemble.ts'
import { roomBesideTrees } from './first-slice.ts'
import { SMALL_RELEASE } from './small-release.conformance.ts'
import { wireBytes } from './wire-bytes.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

const ITEMS = 300
const log = logFromLists(clusteredLists({ users: 900, items: ITEMS, clusters: 5, perUser: 12, seed: 3 }), ITEMS)
const dataset: Dataset = {
  users: Array.from({ length: 900 }, (_, u) => `u${u}`),
  items: Array.from({ length: ITEMS }, (_, i) => bareItem(`i${i}`)),
  interactions: log,
}
const models = await fitModels(dataset, { ...SMALL_MODELS, sweeps: 2 }, pool)

/** Items of each cell of a release, and what the first one's objects weigh. */
async function cellsOf(firstSliceBytes: number, firstItems = 200) {
  const { manifest, objects } = await assembleRelease(dataset, models, null, {
    ...SMALL_RELEASE,
    headSlices: [firstItems, 50],
    firstSliceBytes,
    pool,
  })
  const read = (hash: string) => objects.get(hash) ?? new Uint8Array()
  const { cells } = decodeShardTable(read(manifest.shardTable.hash))
  const refs = cells[0] === undefined ? [] : cellRefs(cells[0].objects, 0)
  const weights = await Promise.all(refs.map(({ hash }) => wireBytes(read(hash))))
  return { counts: cells.map(({ itemCount }) => itemCount), bytes: weights.reduce((sum, weight) => sum + weight, 0) }
}

test('the first slice holds as many of the most popular items as its bytes allow, and the others follow', async () => {
  const whole = await cellsOf(Number.POSITIVE_INFINITY)
  expect(whole.counts.slice(0, 2)).toEqual([200, 50])
  const limit = Math.round(whole.bytes / 2)
  const { counts, bytes } = await cellsOf(limit)
  expect(bytes).toBeLessThanOrEqual(limit)
  expect(bytes).toBeGreaterThan(0.8 * limit)
  expect(counts[0]).toBeLessThan(150)
  expect(counts[1]).toBe(50)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ITEMS)
})

test('a slice that fits stays whole, and one that cannot fit holds one item', async () => {
  const whole = await cellsOf(Number.POSITIVE_INFINITY)
  expect(await cellsOf(whole.bytes)).toEqual(whole)
  expect((await cellsOf(10)).counts[0]).toBe(1)
})

/** A tree of one split by each feature. */
function stumps(count: number): TreeEnsemble {
  const random = createRandom(count)
  const each = <T>(value: (k: number) => T) => Array.from({ length: count }, (_, k) => value(k))
  return {
    layout: 1,
    featureCount: 100,
    roots: Int32Array.from(each((k) => k)),
    feature: Uint16Array.from(each((k) => k % 100)),
    threshold: Float32Array.from(each(() => random())),
    left: Int32Array.from(each((k) => -2 * k - 1)),
    right: Int32Array.from(each((k) => -2 * k - 2)),
    leaf: Int32Array.from({ length: 2 * count }, () => Math.round(random() * 10_000)),
  }
}

test('the first slice gets what the trees leave, and never so little that a list is worth nothing', async () => {
  expect(await roomBesideTrees(null, 64_000)).toBe(64_000)
  const few = await roomBesideTrees(stumps(300), 64_000)
  const more = await roomBesideTrees(stumps(1_500), 64_000)
  expect(few).toBe(64_000 - (await wireBytes(encodeTrees(stumps(300)))))
  expect(more).toBeLessThan(few - 5_000)
  expect(await roomBesideTrees(stumps(20_000), 64_000)).toBe(25_000)
})
