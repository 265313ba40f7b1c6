import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { NO_RANK } from '#contract/features'
import type { Manifest } from '#contract/manifest'
import { integerQuery } from '#contract/vectors'
import { createBlocked } from '../blocked.ts'
import { findCandidates, type Query } from '../candidates.ts'
import { createCatalogue } from '../catalogue.ts'
import { channelBit } from '../channels.ts'
import { historyItemOf } from '../history-item.ts'
import { createModel, type Model } from '../model.ts'
import { recommend } from '../recommend.ts'
import { createScanMemory } from '../scan/wasm-scan.ts'
import { syntheticRelease } from '../synthetic-model.ts'
import { encodeHistory, type SequenceEncoder } from './sequence-encoder.ts'
import { openSequence } from './sequence-search.ts'

const DIM = 16
const LENGTH = 3

/** A release whose items stand in the sequence space where they stand in the first. */
function releaseWithSequence(parts: Partial<Manifest> = {}) {
  const release = syntheticRelease({ items: 400, dim: DIM, cellItems: 150 })
  const [first] = release.manifest.spaces
  const model = { hash: '0'.repeat(64), sizeBytes: 1 }
  const { gramian: _unused, ...grid } = first
  const sequence = { ...grid, spaceId: 'sequence', encoder: { type: 'onnx', model, length: LENGTH } } as const
  const retrieval = { ...release.manifest.retrieval, sequence: 40 }
  const manifest = { ...release.manifest, spaces: [first, sequence] as const, retrieval, ...parts }
  const cells = release.cells.map((cell) => ({ ...cell, vectors: [...cell.vectors, ...cell.vectors] }))
  return { manifest, cells, gramian: release.gramian }
}

function modelWithSequence(parts: Partial<Manifest> = {}): Model {
  const { manifest, cells, gramian } = releaseWithSequence(parts)
  const dictionaries = { v: 1, categories: [], tags: [] } as const
  return createModel({ manifest, dictionaries, catalogue: createCatalogue(manifest, cells), gramians: [gramian] })
}

/** Answers with the latest item's vector, and keeps what it was asked. */
function echo(): SequenceEncoder & { readonly asked: Float32Array[] } {
  const asked: Float32Array[] = []
  return {
    asked,
    encode: async (vectors) => {
      asked.push(vectors)
      return vectors.slice(-DIM)
    },
  }
}

function query(model: Model, rows: readonly number[], parts: Partial<Query> = {}): Query {
  const history = rows.map((row, i) => historyItemOf(model.catalogue, row, 1_795_132_800_000 - i * 1_000))
  const context = { now: 1_795_132_800_000, tzOffsetMin: 0, device: 1, scene: 0, item: null }
  return { history, context, contextItems: [], blocked: createBlocked(model, {}), scene: 'for-you', ...parts }
}

test('an encoder reads the latest items of a history, latest last', async () => {
  const model = modelWithSequence()
  const encoder = echo()
  const asked = query(model, [7, 3, 200, 390, 12])
  expect(await encodeHistory(model, encoder, asked)).toEqual(asked.history[0].vector)
  expect(encoder.asked).toHaveLength(1)
  expect(encoder.asked[0]).toEqual(
    Float32Array.from([200, 3, 7].flatMap((row) => Array.from(query(model, [row]).history[0].vector))),
  )
})

test('an encoder is not asked without history, and for lists about items', async () => {
  const encoder = echo()
  const model = modelWithSequence()
  expect(await encodeHistory(model, encoder, query(model, []))).toBeNull()
  expect(await encodeHistory(model, encoder, query(model, [1], { scene: 'similar' }))).toBeNull()
  expect(await encodeHistory(model, encoder, query(model, [1], { scene: 'trending' }))).toBeNull()
  expect(encoder.asked).toHaveLength(0)
})

test('where order means nothing an encoder reads the same, however a history is arranged', async () => {
  const encoder = echo()
  const model = modelWithSequence({ ordered: false })
  for (const rows of [
    [7, 3, 200],
    [200, 7, 3],
  ])
    await encodeHistory(model, encoder, query(model, rows))
  expect(encoder.asked[0]).toHaveLength(3 * DIM)
  expect(encoder.asked[1]).toEqual(encoder.asked[0])
})

test('candidates of the sequence space carry their channel, their rank and their inner product', async () => {
  const model = modelWithSequence()
  const asked = query(model, [7, 3])
  const { rows, channels, inputs } = findCandidates(model, {
    ...asked,
    sequence: await encodeHistory(model, echo(), asked),
  })
  const found = Array.from(rows.keys()).filter((i) => (channels[i] & channelBit('sequence')) !== 0)
  expect(found).toHaveLength(40)
  const byRank = found.sort((a, b) => inputs.rankSequence[a] - inputs.rankSequence[b])
  expect(byRank.map((i) => inputs.rankSequence[i])).toEqual(Array.from({ length: 40 }, (_, place) => place))
  for (let place = 1; place < byRank.length; place++)
    expect(inputs.sequence[byRank[place]]).toBeLessThanOrEqual(inputs.sequence[byRank[place - 1]])
})

test('without an encoder the same release answers, with no score and no rank in the sequence space', async () => {
  const model = modelWithSequence()
  const { inputs } = findCandidates(model, query(model, [7, 3]))
  expect(inputs.sequence.every((value) => value === 0)).toBe(true)
  expect(inputs.rankSequence.every((value) => value === NO_RANK)).toBe(true)
  const deps = { rng: () => 0.5, nowMs: () => 0 }
  const ask = { ...query(model, [7, 3]), count: 10, rules: null }
  expect((await recommend(model, null, ask, deps)).items).toHaveLength(10)
  const read = await recommend(model, null, ask, { ...deps, encoder: echo() })
  expect(read.items.some(({ channels }) => channels.includes('sequence'))).toBe(true)
})

test('the kernel finds in the second space what plain JavaScript finds, in a memory of its own', async () => {
  const { manifest, cells } = releaseWithSequence()
  const module = new WebAssembly.Module(await readFile(new URL('../scan/scan.wasm', import.meta.url)))
  const [first, second] = [createScanMemory(module), createScanMemory(module)]
  const catalogue = createCatalogue(manifest, cells, first.allocate, second.allocate)
  first.open(catalogue)
  const kernel = openSequence(catalogue, second.open)
  const plain = openSequence(createCatalogue(manifest, cells))
  expect(kernel?.retriever.name).toBe('scan')
  expect(plain?.retriever.name).toBe('scan-js')
  const blocked = Uint8Array.from({ length: catalogue.rowCount }, (_, row) => (row % 3 === 0 ? 1 : 0))
  for (const seed of [1, 2, 3]) {
    const asked = Float32Array.from({ length: DIM }, (_, d) => Math.sin(seed * 7 + d))
    const query = integerQuery(asked, Float32Array.from(manifest.spaces[1].scales))
    const [found, wanted] = [kernel, plain].map((space) => space?.retriever.search(query, 40, blocked))
    expect(found).toEqual(wanted)
    expect(found?.rows).toHaveLength(40)
  }
})
