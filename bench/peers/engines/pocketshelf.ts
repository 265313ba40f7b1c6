import { orderCrc } from '#contract/cell-order'
import { decodeGraph, encodeGraph, groupCrc } from '#contract/graph'
import { decodeVectors, dequantise, encodeVectors, integerQuery, quantise } from '#contract/vectors'
import { type HnswFactory, libraryPath, startHnswlib } from '#worker/core/hnsw/hnsw-library'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import { augmentRows, fromHnswlib } from '#worker/core/hnsw/hnswlib-file'
import type { Retriever } from '#worker/core/retriever'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import { packParts, unpackParts } from '../parts.ts'
import type { PeerEngine } from '../peer-engine.ts'

/** Where the product's own rule puts a graph over the scan, and the items of a cell. */
const GRAPH_ITEMS = 30_000
const CELL_ITEMS = 4_000
const LINKS = 16
const EF_CONSTRUCTION = 100
const EF_SEARCH = 100

let retriever: Retriever | null = null
let scales = new Float32Array(0)
let blocked = new Uint8Array(0)
let openGraph: (() => Promise<void>) | null = null

async function startLibrary() {
  const [script, binary] = await Promise.all([
    import(new URL('/dist/pocketshelf-hnsw.js', location.href).href) as Promise<{ factory: HnswFactory }>,
    fetch('/dist/pocketshelf-hnsw.wasm').then((answer) => answer.arrayBuffer()),
  ])
  return startHnswlib(script.factory, new Uint8Array(binary))
}

function cellsOf(items: number): Uint32Array[] {
  return Array.from({ length: Math.ceil(items / CELL_ITEMS) }, (_, cell) => {
    const from = cell * CELL_ITEMS
    return Uint32Array.from({ length: Math.min(CELL_ITEMS, items - from) }, (_, i) => from + i)
  })
}

async function buildGraph(rows: Float32Array, dim: number, cells: readonly Uint32Array[]): Promise<Uint8Array> {
  const library = await startLibrary()
  const { rows: points } = augmentRows(rows, dim)
  const built = new library.HierarchicalNSW('l2', dim + 1, '')
  const count = rows.length / dim
  built.initIndex(count, LINKS, EF_CONSTRUCTION, 100)
  for (let row = 0; row < count; row++)
    built.addPoint(points.subarray(row * (dim + 1), (row + 1) * (dim + 1)), row, false)
  try {
    built.writeIndex('built.dat')
  } catch {
    // it has saved the file and misses a manager for syncing it
  }
  return encodeGraph(fromHnswlib(library.FS.readFile(libraryPath('built.dat')), groupCrc(cells.map(orderCrc))))
}

/** int8 objects as a release ships them: the exact scan answers first, a graph takes over where the product's rule has one. */
export const engine: PeerEngine = {
  build: async (rows, dim) => {
    const steps = new Float32Array(dim)
    for (let k = 0; k < rows.length; k++) steps[k % dim] = Math.max(steps[k % dim] ?? 0, Math.abs(rows[k] ?? 0) / 127)
    const quantised = quantise(rows, steps)
    const cells = cellsOf(rows.length / dim)
    const vectors = cells.map((items) =>
      encodeVectors({
        itemCount: items.length,
        dim,
        orderCrc: orderCrc(items),
        quantised: quantised.slice((items[0] ?? 0) * dim, ((items[0] ?? 0) + items.length) * dim),
      }),
    )
    const hasGraph = rows.length / dim >= GRAPH_ITEMS
    const graph = hasGraph ? [await buildGraph(dequantise(quantised, steps), dim, cells)] : []
    return packParts([new Uint8Array(steps.buffer), new Uint8Array([cells.length]), ...vectors, ...graph])
  },
  load: async (stored, dim) => {
    const [steps = new Uint8Array(0), count = new Uint8Array(1), ...objects] = unpackParts(stored)
    const cellCount = count[0] ?? 0
    scales = new Float32Array(steps.slice().buffer)
    const cells = objects.slice(0, cellCount).map((bytes) => decodeVectors(bytes))
    const rowCount = cells.reduce((sum, cell) => sum + cell.itemCount, 0)
    const memory = createScanMemory(await WebAssembly.compileStreaming(fetch('/scan/scan.wasm')))
    const quantised = memory.allocate(rowCount, dim)
    cells.reduce((at, cell) => {
      quantised.set(cell.quantised, at)
      return at + cell.quantised.length
    }, 0)
    const itemNoOf = Uint32Array.from({ length: rowCount }, (_, row) => row)
    const catalogue = { quantised, dim, rowCount, itemNoOf, rowsByItemNo: itemNoOf, scales }
    const scan = memory.open(catalogue)
    blocked = new Uint8Array(rowCount)
    retriever = scan
    const graphBytes = objects[cellCount]
    if (graphBytes === undefined) return
    openGraph = async () => {
      const library = await startLibrary()
      const graph = decodeGraph(graphBytes)
      const ranges = [{ from: 0, to: rowCount }]
      const crc = groupCrc(cells.map((cell) => cell.orderCrc))
      retriever = createHnswRetriever({
        library,
        graph,
        catalogue,
        ranges,
        orderCrc: crc,
        efSearch: EF_SEARCH,
        exact: scan,
      })
    }
  },
  settle: async () => openGraph?.(),
  search: (query, k) => [...(retriever?.search(integerQuery(query, scales), k, blocked).rows ?? [])],
}
