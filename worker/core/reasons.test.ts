import { expect, test } from 'vitest'
import { fillFeatures } from '#contract/fill-features'
import { createBlocked } from './blocked.ts'
import { findCandidates } from './candidates.ts'
import { createCatalogue } from './catalogue.ts'
import { historyItemOf } from './history-item.ts'
import { createModel } from './model.ts'
import { reasonsOf } from './reasons.ts'
import { syntheticRelease } from './synthetic-model.ts'

const release = syntheticRelease({ items: 600, dim: 16 })
const model = createModel({
  manifest: release.manifest,
  dictionaries: { v: 1, categories: [], tags: [] },
  catalogue: createCatalogue(release.manifest, release.cells),
  gramians: [release.gramian],
})
const context = { now: release.manifest.newestAt, tzOffsetMin: 0, device: 1, scene: 0, item: null }
const history = [4, 90].map((itemNo) => historyItemOf(model.catalogue, itemNo, Number.NaN))
const blocked = createBlocked(model, { items: [4, 90] })
const base = { history, context, contextItems: [], blocked }

test('reasonsOf names the item of the history with the strongest vote', () => {
  const set = findCandidates(model, { ...base, scene: 'for-you' })
  const rows = fillFeatures(set.inputs)
  const voted = [...set.bestVoter].indexOf(1)
  expect(reasonsOf(set, rows, voted, { scene: 'for-you', explored: false })[0]).toEqual({
    type: 'because-you',
    itemNo: 90,
  })
  expect(reasonsOf(set, rows, voted, { scene: 'for-you', explored: true })[0]).toEqual({ type: 'explore' })
})

test('reasonsOf calls items of a strong category so, and says nothing of pins that were not found', () => {
  const set = findCandidates(model, { ...base, scene: 'for-you' })
  const rows = fillFeatures(set.inputs)
  const same = [...set.inputs.category].indexOf(history[0].category)
  const reasons = reasonsOf(set, rows, same, { scene: 'for-you', explored: false })
  expect(reasons).toContainEqual({ type: 'category', category: history[0].category })
  expect(reasonsOf(set, rows, -1, { scene: 'for-you', explored: false })).toEqual([])
})

test('reasonsOf speaks of the page in lists about items, and of the public in lists for strangers', () => {
  const similar = findCandidates(model, { ...base, contextItems: [history[1]], scene: 'similar' })
  const [reason] = reasonsOf(similar, fillFeatures(similar.inputs), 0, { scene: 'similar', explored: false })
  expect(reason).toEqual({ type: 'similar-to', itemNo: 90 })
  const stranger = findCandidates(model, { ...base, history: [], scene: 'for-you' })
  const first = [...stranger.rows].indexOf(1)
  const given = reasonsOf(stranger, fillFeatures(stranger.inputs), first, { scene: 'for-you', explored: false })
  expect(given.map(({ type }) => type)).toEqual(['popular'])
})
