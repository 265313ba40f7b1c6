import { expect, test } from 'vitest'
import { createBlocked } from './blocked.ts'
import { createCatalogue } from './catalogue.ts'
import { historyItemOf } from './history-item.ts'
import { createModel, type Model } from './model.ts'
import { createTreesRanker } from './ranker.ts'
import { recommend } from './recommend.ts'
import { seededRandom, syntheticRelease, syntheticTrees } from './synthetic-model.ts'

function model(items = 2_000): Model {
  const release = syntheticRelease({ items })
  return createModel({
    manifest: release.manifest,
    dictionaries: { v: 1, categories: [], tags: [] },
    catalogue: createCatalogue(release.manifest, release.cells),
    gramians: [release.gramian],
  })
}

const deps = { rng: seededRandom(3), nowMs: () => 0 }
const context = { now: 1_795_132_800_000, tzOffsetMin: 60, device: 3, scene: 0, item: null }
const ranker = createTreesRanker(syntheticTrees(100, 31, 2))

function historyOf(of: Model, rows: readonly number[]) {
  return rows.map((row, i) => historyItemOf(of.catalogue, row, context.now - i * 60_000))
}

test('recommend gives a full personal list without blocked items', async () => {
  const m = model()
  const history = historyOf(m, [5, 17, 230, 999])
  const blocked = createBlocked(m, { items: history.map((item) => item.itemNo) })
  const ranked = await recommend(
    m,
    ranker,
    { history, context, contextItems: [], blocked, scene: 'for-you', count: 20 },
    deps,
  )
  expect(ranked.items.length).toBe(20)
  expect(ranked.personal).toBe(true)
  expect(ranked.ranker).toBe('trees')
  expect(ranked.items.some(({ row }) => blocked[row] === 1)).toBe(false)
  expect(ranked.candidates).toBe(500)
})

test('recommend repeats itself exactly', async () => {
  const m = model()
  const history = historyOf(m, [1, 2, 3])
  const blocked = createBlocked(m, { items: [1, 2, 3] })
  const query = { history, context, contextItems: [], blocked, scene: 'for-you', count: 20 } as const
  const [first, second] = [await recommend(m, ranker, query, deps), await recommend(m, ranker, query, deps)]
  expect(second.items).toEqual(first.items)
})

test('recommend fills the list of a stranger from public lists', async () => {
  const m = model(60)
  const query = {
    history: [],
    context,
    contextItems: [],
    blocked: new Uint8Array(60),
    scene: 'for-you',
    count: 50,
  } as const
  const ranked = await recommend(m, null, query, deps)
  expect(ranked.items.length).toBe(50)
  expect(ranked.personal).toBe(false)
  expect(ranked.items.slice(0, 3).map(({ itemNo }) => itemNo)).toEqual([0, 1, 2])
})
