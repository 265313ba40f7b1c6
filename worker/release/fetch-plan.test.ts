import { expect, test } from 'vitest'
import { decodeShardTable } from '#contract/shard-table'
import { seededRandom } from '#worker/core/synthetic-model'
import type { Snapshot } from '../profile/profile.ts'
import { createMemoryShards } from '../store/memory-shards.ts'
import { buildTinyRelease } from '../testing/tiny-release.ts'
import { planFetches } from './fetch-plan.ts'

const release = await buildTinyRelease({ itemCount: 800, cellItems: 40 })
const { manifest } = release
const table = decodeShardTable(release.objects.get(manifest.shardTable.hash) ?? new Uint8Array())
const centroids = table.centroids.map((_, k) => (Math.floor(k / table.dim) === k % table.dim ? 100 : 0)) // cell c looks along axis c
const root = { manifest, table: { ...table, centroids } }

function profileOf(cell: number | null) {
  const vector = new Float32Array(table.dim).map((_, d) => (d === cell ? 1 : 0))
  const snapshot: Snapshot = {
    itemNo: 0,
    vector,
    category: 0,
    tags: new Uint16Array(0),
    popularity: 0,
    price: 1,
    createdDay: 0,
    spaceId: manifest.spaces[0]?.spaceId ?? '',
  }
  const liked = cell === null ? [] : [{ id: 'item-0', at: 1 }]
  return {
    summary: { liked, blocked: new Set<string>(), shown: new Map() },
    snapshots: new Map([['item-0', snapshot]]),
  }
}

const plan = (residentItems: number, cell: number | null, store = createMemoryShards(), seed = 1) =>
  planFetches(root, {
    tier: { residentItems, isFrugal: false },
    profile: profileOf(cell),
    store,
    random: seededRandom(seed),
  })

test('planFetches asks for a release that fits in the public order, whoever asks', async () => {
  const whole = table.cells.map((_, index) => index)
  expect(await plan(800, null)).toEqual(whole)
  expect(await plan(800, 5)).toEqual(whole)
})

test('planFetches goes on with the public order beyond the tier where there is no history', async () => {
  expect(await plan(200, null)).toEqual([0, 1, 2, 3, 4])
})

test('planFetches takes the cell of an interest among decoys that stay the same for the next page', async () => {
  const store = createMemoryShards()
  const first = await plan(320, 9, store)
  expect(first[0]).toBe(0)
  expect(first).toContain(9)
  const decoys = await store.readState('decoys')
  expect(decoys).toHaveLength(2)
  const second = await plan(320, 12, store, 7)
  expect(second).toContain(12)
  expect(second).toEqual(expect.arrayContaining(decoys as number[]))
})
