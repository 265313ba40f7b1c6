import { expect, test } from 'vitest'
import { decodeGraph, encodeGraph, type Graph } from '#contract/graph'
import { integerQuery } from '#contract/vectors'
import { type Catalogue, createCatalogue } from '#worker/core/catalogue'
import type { RowRange } from '#worker/core/retriever'
import { retrieverConformance } from '#worker/core/retriever.conformance'
import { createJsScan } from '#worker/core/scan/scan-js'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import { seededRandom, syntheticRelease } from '#worker/core/synthetic-model'
import { loadScanModule } from '../device/scan-module.ts'
import { buildGraph } from './build-graph.ts'
import { loadHnswlib } from './load-hnswlib.ts'

const library = await loadHnswlib()
const kernel = loadScanModule()

function graphOf({ quantised, scales, dim }: Catalogue, { from, to }: RowRange): Graph {
  const vectors = Float32Array.from(quantised.subarray(from * dim, to * dim), (q, k) => q * scales[k % dim])
  return decodeGraph(encodeGraph(buildGraph(library, { vectors, dim, orderCrc: from })))
}

let whole: Graph | null = null

retrieverConformance({
  name: 'hnsw',
  create: async (catalogue) => {
    const ranges = [{ from: 0, to: catalogue.rowCount }]
    whole ??= graphOf(catalogue, { from: 0, to: catalogue.rowCount }) // the suite's catalogue is the same each time
    const graph = whole
    const memory = createScanMemory(kernel, graph.links.length)
    const [engine] = memory.openGraphs(catalogue, [{ graph, ranges, orderCrc: 0 }], 200)
    if (engine === undefined) throw new Error('no engine')
    return engine
  },
  recall: 0.97,
})

const release = syntheticRelease({ items: 2_000, dim: 30, seed: 6, cellItems: 500, votersPerItem: 0 })

function openTwo() {
  const ranges = [
    { from: 100, to: 1_100 },
    { from: 1_100, to: 2_000 },
  ]
  const plain = createCatalogue(release.manifest, release.cells)
  const graphs = ranges.map((range) => ({ graph: graphOf(plain, range), ranges: [range], orderCrc: range.from }))
  const memory = createScanMemory(kernel, graphs[0].graph.links.length + graphs[1].graph.links.length)
  const catalogue = createCatalogue(release.manifest, release.cells, memory.allocate)
  return { memory, catalogue, graphs, engines: memory.openGraphs(catalogue, graphs, 300) }
}

test('openGraphs serves each group by its own rows, over hundreds of searches and whatever is blocked', () => {
  const { catalogue, engines } = openTwo()
  const random = seededRandom(4)
  let found = 0
  for (let q = 0; q < 300; q++) {
    const asked = integerQuery(
      Float32Array.from({ length: 30 }, () => random() - 0.5),
      catalogue.scales,
    )
    const share = (q % 3) * 0.45
    const blocked = Uint8Array.from({ length: 2_000 }, () => (random() < share ? 1 : 0))
    for (const engine of engines) {
      const wanted = createJsScan(catalogue, engine.ranges).search(asked, 20, blocked).rows
      const rows = new Set(engine.search(asked, 20, blocked).rows)
      expect(
        [...rows].some((row) => blocked[row] === 1 || row < engine.ranges[0].from || row >= engine.ranges[0].to),
      ).toBe(false)
      found += wanted.filter((row) => rows.has(row)).length / wanted.length
    }
  }
  expect(found / 600).toBeGreaterThan(0.98)
})

test('openGraphs refuses graphs of other rows, and links that have no room', () => {
  const { memory, catalogue, graphs } = openTwo()
  const [first, second] = graphs
  expect(() => memory.openGraphs(catalogue, [{ ...first, orderCrc: 1 }], 100)).toThrow(
    expect.objectContaining({ code: 'shard-malformed' }),
  )
  expect(() => memory.openGraphs(catalogue, [{ ...first, ranges: second.ranges }], 100)).toThrow(
    expect.objectContaining({ code: 'shard-malformed' }),
  )
  expect(() => createScanMemory(kernel, 10).openGraphs(catalogue, graphs, 100)).toThrow(
    expect.objectContaining({ code: 'engine-unavailable' }),
  )
})
