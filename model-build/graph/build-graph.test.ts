import { expect, test } from 'vitest'
import { decodeGraph, encodeGraph } from '#contract/graph'
import { integerQuery } from '#contract/vectors'
import { createCatalogue } from '#worker/core/catalogue'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import { augmentRows, fromHnswlib, toHnswlib } from '#worker/core/hnsw/hnswlib-file'
import { retrieverConformance } from '#worker/core/retriever.conformance'
import { createJsScan } from '#worker/core/scan/scan-js'
import { syntheticRelease } from '#worker/core/synthetic-model'
import { buildGraph } from './build-graph.ts'
import { loadHnswlib } from './load-hnswlib.ts'

const library = await loadHnswlib()

retrieverConformance({
  name: 'hnswlib',
  create: async (catalogue) => {
    const vectors = Float32Array.from(catalogue.quantised, (q, k) => q * catalogue.scales[k % catalogue.dim])
    const graph = decodeGraph(encodeGraph(buildGraph(library, { vectors, dim: catalogue.dim, orderCrc: 1 })))
    const exact = createJsScan(catalogue)
    return createHnswRetriever({ library, graph, catalogue, ranges: exact.ranges, orderCrc: 1, efSearch: 200, exact })
  },
  recall: 0.97,
})

const release = syntheticRelease({ items: 800, dim: 16, seed: 4, votersPerItem: 0 })
const graph = buildGraph(library, { vectors: release.vectors, dim: 16, orderCrc: 9 })

test('buildGraph gives equal graphs for equal vectors', () => {
  expect(buildGraph(library, { vectors: release.vectors, dim: 16, orderCrc: 9 })).toEqual(graph)
})

test('a graph survives its object and the layout of hnswlib-wasm unchanged', () => {
  expect(decodeGraph(encodeGraph(graph))).toEqual(graph)
  const { rows } = augmentRows(release.vectors, 16)
  expect(fromHnswlib(toHnswlib(graph, rows, 17), 9)).toEqual(graph)
})

test('augmentRows gives every row the same norm and keeps the order of inner products', () => {
  const { rows, largestNorm } = augmentRows(Float32Array.of(3, 4, 0, 1), 2)
  expect(largestNorm).toBe(5)
  expect([...rows]).toEqual([3, 4, 0, 0, 1, Math.fround(Math.sqrt(24))])
})

test('createHnswRetriever refuses rows that are not the group of its graph with shard-malformed', () => {
  const catalogue = createCatalogue(release.manifest, release.cells)
  const exact = createJsScan(catalogue)
  const parts = { library, graph, catalogue, ranges: exact.ranges, orderCrc: 9, efSearch: 100, exact }
  const wrong = expect.objectContaining({ code: 'shard-malformed' })
  expect(() => createHnswRetriever({ ...parts, orderCrc: 8 })).toThrow(wrong)
  expect(() => createHnswRetriever({ ...parts, ranges: [{ from: 0, to: 799 }] })).toThrow(
    expect.objectContaining({ code: 'shard-malformed' }),
  )
})

test('createHnswRetriever searches a group that does not start at row 0', () => {
  const catalogue = createCatalogue(release.manifest, release.cells)
  const ranges = [{ from: 100, to: 800 }]
  const part = buildGraph(library, { vectors: release.vectors.slice(100 * 16), dim: 16, orderCrc: 3 })
  const exact = createJsScan(catalogue, ranges)
  const engine = createHnswRetriever({ library, graph: part, catalogue, ranges, orderCrc: 3, efSearch: 300, exact })
  const query = integerQuery(release.vectors.slice(5 * 16, 6 * 16), catalogue.scales)
  expect(engine.search(query, 20, new Uint8Array(800))).toEqual(exact.search(query, 20, new Uint8Array(800)))
  engine.close()
})
