import { expect, test } from 'vitest'
import { NO_RANK } from '#contract/features'
import { createBlocked } from './blocked.ts'
import { findCandidates, mergeChannels, type Query } from './candidates.ts'
import { createCatalogue } from './catalogue.ts'
import { channelBit } from './channels.ts'
import { canonicalHistory } from './history.ts'
import { historyItemOf } from './history-item.ts'
import { createModel, type Model } from './model.ts'
import { type SyntheticRelease, syntheticRelease } from './synthetic-model.ts'
import { countVotes, mostVoted } from './votes.ts'

const NOW = 1_795_132_800_000

function modelOf(release: SyntheticRelease, manifest: Partial<SyntheticRelease['manifest']> = {}): Model {
  const full = { ...release.manifest, ...manifest }
  return createModel({
    manifest: full,
    dictionaries: { v: 1, categories: [], tags: [] },
    catalogue: createCatalogue(full, release.cells),
    gramians: [release.gramian],
  })
}

const release = syntheticRelease({ items: 900, dim: 16, cellItems: 300 })
const model = modelOf(release)
const history = [12, 450, 7, 12].map((itemNo, i) => historyItemOf(model.catalogue, itemNo, NOW - i * 1_000))

function query(parts: Partial<Query> = {}): Query {
  const context = { now: NOW, tzOffsetMin: 0, device: 1, scene: 0, item: null }
  const blocked = createBlocked(model, { items: [12, 450, 7] })
  return { history, context, contextItems: [], blocked, scene: 'for-you', ...parts }
}

/** Four items of one cell; 1 and 3 vote for 0, 0 and 1 vote for 2. Weight step 1/2. */
function tinyModel(weights: readonly [number, number, number, number] = [4, 63, 6, 10]): Model {
  const tiny = syntheticRelease({ items: 4, dim: 4, votersPerItem: 0 })
  const voters = {
    ...tiny.cells[0].voters,
    weightStep: 0.5,
    offsets: Uint32Array.of(0, 2, 2, 4, 4),
    source: Uint32Array.of(1, 3, 0, 1),
    weights: Int8Array.of(...weights),
  }
  return modelOf({ ...tiny, cells: [{ ...tiny.cells[0], voters }] }, { voterRatio: 0.5 })
}

test('mostVoted adds up ratio^k · weight · step, latest first', () => {
  const tiny = tinyModel()
  const items = [1, 0].map((itemNo) => historyItemOf(tiny.catalogue, itemNo, Number.NaN))
  const ask = (blocked: Uint8Array, k = 9) => [...mostVoted(tiny, items, { ratio: 0.5, k, blocked })]
  expect(ask(new Uint8Array(4))).toEqual([2, 0]) // 10/2 + 0.5 · 6/2 = 6.5, and 4/2 = 2
  expect(ask(new Uint8Array(4), 1)).toEqual([2])
  expect(ask(Uint8Array.of(0, 0, 1, 0))).toEqual([0])
  expect(ask(new Uint8Array(4))).toEqual([2, 0])
})

test('mostVoted leaves out what as much or more speaks against as for', () => {
  const ask = (weights: [number, number, number, number]) => {
    const tiny = tinyModel(weights)
    const items = [0, 1].map((itemNo) => historyItemOf(tiny.catalogue, itemNo, Number.NaN))
    const once = () => [...mostVoted(tiny, items, { ratio: 1, k: 9, blocked: new Uint8Array(4) })]
    expect(once()).toEqual(once())
    return once()
  }
  expect(ask([4, 63, 6, 10])).toEqual([2, 0])
  expect(ask([4, 63, 6, -6])).toEqual([0])
  expect(ask([-4, 63, 6, -5])).toEqual([2])
  expect(ask([4, 63, -5, 6])).toEqual([0, 2])
  expect(ask([-1, 63, 5, -6])).toEqual([])
})

test('countVotes subtracts votes against, and counts only those for', () => {
  const tiny = tinyModel([4, -63, -6, 10])
  const items = [0, 1].map((itemNo) => historyItemOf(tiny.catalogue, itemNo, Number.NaN))
  const contextItems = [historyItemOf(tiny.catalogue, 3, Number.NaN)]
  const votes = countVotes(tiny, Int32Array.of(2, 0), { history: items, contextItems, now: Number.NaN })
  expect([...votes.recent]).toEqual([-3 + 0.5 * 5, 0.5 * 2])
  expect([...votes.uniform]).toEqual([2, 2])
  expect([...votes.max]).toEqual([5, 2])
  expect([...votes.second]).toEqual([0, 0])
  expect([...votes.count]).toEqual([1, 1])
  expect([...votes.total]).toEqual([5, 2])
  expect([...votes.last]).toEqual([-3, 0])
  expect([...votes.context]).toEqual([0, -31.5])
  expect([...votes.best]).toEqual([1, 1])
  expect([...votes.lastPosition]).toEqual([1, 1])
  expect([...votes.maxPosition]).toEqual([1, 1])
})

test('countVotes tells recent, uniform, fast, largest, last and context votes apart', () => {
  const tiny = tinyModel()
  const items = [0, 1].map((itemNo) => historyItemOf(tiny.catalogue, itemNo, Number.NaN))
  const contextItems = [historyItemOf(tiny.catalogue, 3, Number.NaN)]
  const votes = countVotes(tiny, Int32Array.of(2, 0, 3), { history: items, contextItems, now: Number.NaN })
  expect([...votes.recent]).toEqual([3 + 0.5 * 5, 0.5 * 2, 0])
  expect([...votes.uniform]).toEqual([8, 2, 0])
  expect([...votes.fast]).toEqual([3 + 0.8 * 5, Math.fround(0.8 * 2), 0])
  expect([...votes.max]).toEqual([5, 2, 0])
  expect([...votes.count]).toEqual([2, 1, 0])
  expect([...votes.last]).toEqual([3, 0, 0])
  expect([...votes.context]).toEqual([0, 31.5, 0])
  expect([...votes.best]).toEqual([0, 1, -1])
  expect([...votes.second]).toEqual([3, 0, 0])
  expect([...votes.last3]).toEqual([8, 2, 0])
  expect([...votes.session]).toEqual([0, 0, 0])
  expect([...votes.lastPosition]).toEqual([0, 1, 1_000])
  expect([...votes.maxPosition]).toEqual([1, 1, 1_000])
})

test('mergeChannels takes turns, best of each first, and joins the bits of repeats', () => {
  const found = [
    { channel: 'vector', rows: Int32Array.of(5, 6, 7) },
    { channel: 'popular', rows: Int32Array.of(7, 1) },
  ] as const
  const slotOf = new Int32Array(8).fill(-1)
  expect([...mergeChannels(found, 3, slotOf).rows]).toEqual([5, 7, 6])
  const all = mergeChannels(found, 10, slotOf)
  expect([...all.rows]).toEqual([5, 7, 6, 1])
  expect(all.channels[1]).toBe(channelBit('vector') | channelBit('popular'))
  expect(slotOf.every((slot) => slot === -1)).toBe(true)
})

test('canonicalHistory keeps the latest of repeats, and forgets order where it means nothing', () => {
  expect(canonicalHistory(history, true).map(({ itemNo }) => itemNo)).toEqual([12, 450, 7])
  expect(canonicalHistory(history, false).map(({ itemNo }) => itemNo)).toEqual([7, 12, 450])
})

test('findCandidates gives the same for every arrangement of a history whose order means nothing', () => {
  const unordered = modelOf(release, { ordered: false })
  const turned = findCandidates(unordered, query({ history: history.slice(0, 3).reverse() }))
  expect(turned).toEqual(findCandidates(unordered, query({ history: history.slice(0, 3) })))
})

test('findCandidates finds for you by vector, votes and public lists, and ranks say where', () => {
  const set = findCandidates(model, query())
  expect(set.rows.length).toBeGreaterThan(400)
  expect(new Set(set.rows).size).toBe(set.rows.length)
  expect(set.personal).toBe(true)
  const vector = [...set.inputs.rankVector]
  expect(set.rows[vector.indexOf(0)]).toBe(set.rows[0])
  expect([...set.rows].some((row) => [12, 450, 7].includes(row))).toBe(false)
  set.rows.forEach((_, i) => {
    expect(set.inputs.rankVoters[i] < NO_RANK).toBe((set.channels[i] & channelBit('voters')) !== 0)
    expect(set.inputs.rankVoters[i] < NO_RANK).toBe(set.inputs.voterRecent[i] > 0 && set.inputs.rankVoters[i] < 300)
  })
})

test('findCandidates leaves the scratch memory clean', () => {
  findCandidates(model, query())
  expect(model.scratch.sums.every((sum) => sum === 0)).toBe(true)
  expect(model.scratch.slotOf.every((slot) => slot === -1)).toBe(true)
})

test('findCandidates about items looks for what is like them or voted for by them', () => {
  const contextItems = [historyItemOf(model.catalogue, 33, Number.NaN)]
  const blocked = createBlocked(model, { items: [33] })
  const set = findCandidates(model, query({ scene: 'similar', contextItems, blocked, history: [] }))
  expect(set.inputs.context.item?.itemNo).toBe(33)
  expect(set.personal).toBe(false)
  expect(set.channels.some((bits) => (bits & channelBit('content')) !== 0)).toBe(true)
  const because = findCandidates(model, query({ scene: 'because-you' }))
  expect(because.contextItems.map(({ itemNo }) => itemNo)).toEqual([12])
})

test('findCandidates re-ranks exactly the given rows that are not blocked, in their order', () => {
  const set = findCandidates(model, query({ scene: 'rerank', given: Int32Array.of(800, 12, 3, 5) }))
  expect([...set.rows]).toEqual([800, 3, 5])
  expect([...set.channels]).toEqual(new Array(3).fill(channelBit('given')))
})

test('findCandidates shows lists as they stand', () => {
  const trending = findCandidates(model, query({ scene: 'trending' }))
  expect([...trending.rows.slice(0, 4)]).toEqual([0, 14, 21, 28]) // 7 is in the history
  const viewed = findCandidates(model, query({ scene: 'recently-viewed', blocked: new Uint8Array(900) }))
  expect([...viewed.rows]).toEqual([12, 450, 7])
})

test('findCandidates tops a strongly filtered catalogue up by popularity until all that is open is in', () => {
  const categories = new Set([3])
  const blocked = createBlocked(model, { categories, minPrice: 20, maxPrice: 30 })
  const set = findCandidates(model, query({ blocked, count: 200 }))
  expect([...set.rows].sort((a, b) => a - b)).toEqual([...blocked.keys()].filter((row) => blocked[row] === 0))
  expect([...set.inputs.category].every((category) => category === 3)).toBe(true)
})

test('findCandidates does without a history what the public lists allow', () => {
  const set = findCandidates(model, query({ history: [] }))
  expect(set.personal).toBe(false)
  expect(set.inputs.dotRecent.every((dot) => dot === 0)).toBe(true)
  expect(set.rows[0]).toBe(0)
})
