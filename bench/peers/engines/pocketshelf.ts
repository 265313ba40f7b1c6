import { orderCrc } from '#contract/cell-order'
import { decodeGraph, encodeGraph, groupCrc } from '#contract/graph'
import { decodeVectors, dequantise, encodeVectors, integerQuery, quantise } from '#contract/vectors'
import { type HnswFactory, libraryPath, startHnswlib } from '#worker/core/hnsw/hnsw-library'
import { augmentRows, fromHnswlib } from '#worker/core/hnsw/hnswlib-file'
import type { Retriever } from '#worker/core/retriever'
import { mostLinks } from '#worker/core/scan/graph-lists'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import kernel from '../../../worker/core/scan/scan.wasm'
import { halfByteDot, packHalfBytes } from '../half-bytes.ts'
import { packParts, unpackParts } from '../parts.ts'
import type { PeerEngine } from '../peer-engine.ts'

/** Items from which a search for ten is faster by a graph, and the items of a cell. */
const GRAPH_ITEMS = 5_000
const CELL_ITEMS = 4_000
const LINKS = 16
const EF_CONSTRUCTION = 200
const EF_SEARCH = 100

/** What int8 rows leave over is kept in steps of a sixteenth, two in a byte; so many of the best are compared again with it. */
const FINER = 16
const COMPARED = 4

type Opened = {
  readonly retriever: Retriever
  readonly scales: Float32Array
  readonly rest: Uint8Array
  readonly blocked: Uint8Array
}

let opened: Opened | null = null
let openGraph: (() => Retriever) | null = null

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

/** Made with hnswlib-wasm, as the build step does; a page that searches does not load it. */
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

function gridOf(rows: Float32Array, dim: number): Float32Array {
  const steps = new Float32Array(dim)
  for (let k = 0; k < rows.length; k++) steps[k % dim] = Math.max(steps[k % dim] ?? 0, Math.abs(rows[k] ?? 0) / 127)
  return steps
}

function encodeCells(quantised: Int8Array, dim: number, cells: readonly Uint32Array[]): Uint8Array[] {
  return cells.map((items) => {
    const from = (items[0] ?? 0) * dim
    const own = quantised.slice(from, from + items.length * dim)
    return encodeVectors({ itemCount: items.length, dim, orderCrc: orderCrc(items), quantised: own })
  })
}

/** Finds more than is wanted by the int8 rows, and keeps the best by rows and rest together, ties by row. */
function searchFinely({ retriever, scales, rest, blocked }: Opened, query: Float32Array, k: number): number[] {
  const asked = integerQuery(query, scales)
  const { rows, scores } = retriever.search(asked, k * COMPARED, blocked)
  const best = new Array<number>(Math.min(k, rows.length)).fill(Number.POSITIVE_INFINITY)
  const bestScores = new Float64Array(best.length).fill(Number.NEGATIVE_INFINITY)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    const score = (scores[i] ?? 0) * FINER + halfByteDot(rest, row, asked.values)
    let at = best.length
    for (; at > 0; at--) {
      const before = bestScores[at - 1] ?? 0
      const rowBefore = best[at - 1] ?? 0
      if (score < before || (score === before && row > rowBefore)) break
      if (at === best.length) continue
      bestScores[at] = before
      best[at] = rowBefore
    }
    if (at === best.length) continue
    bestScores[at] = score
    best[at] = row
  }
  return best
}

/** Vectors objects and a graph object as a release ships them: the exact scan answers first, the graph once it is laid out. */
export const engine: PeerEngine = {
  note: 'int8 rows, four more bits a value for the last comparison',
  build: async (rows, dim) => {
    const steps = gridOf(rows, dim)
    const quantised = quantise(rows, steps)
    const cells = cellsOf(rows.length / dim)
    const known = dequantise(quantised, steps)
    const rest = quantise(
      rows.map((value, k) => value - (known[k] ?? 0)),
      steps.map((step) => step / FINER),
    )
    const vectors = [...encodeCells(quantised, dim, cells), packHalfBytes(rest, dim)]
    const hasGraph = rows.length / dim >= GRAPH_ITEMS
    const graph = hasGraph ? [await buildGraph(known, dim, cells)] : []
    return packParts([new Uint8Array(steps.buffer), new Uint8Array([cells.length]), ...vectors, ...graph])
  },
  load: async (stored, dim) => {
    const [steps = new Uint8Array(0), count = new Uint8Array(1), ...objects] = unpackParts(stored)
    const cellCount = count[0] ?? 0
    const scales = new Float32Array(steps.slice().buffer)
    const cells = objects.slice(0, cellCount).map((bytes) => decodeVectors(bytes))
    const rowCount = cells.reduce((sum, cell) => sum + cell.itemCount, 0)
    const [rest = new Uint8Array(0), graphBytes] = objects.slice(cellCount)
    const memory = createScanMemory(
      new WebAssembly.Module(kernel),
      graphBytes === undefined ? 0 : mostLinks(graphBytes.length),
    )
    const quantised = memory.allocate(rowCount, dim)
    cells.reduce((at, cell) => {
      quantised.set(cell.quantised, at)
      return at + cell.quantised.length
    }, 0)
    const itemNoOf = new Uint32Array(rowCount)
    for (let row = 0; row < rowCount; row++) itemNoOf[row] = row
    const catalogue = { quantised, dim, rowCount, itemNoOf, rowsByItemNo: itemNoOf }
    opened = { retriever: memory.open(catalogue), scales, rest, blocked: new Uint8Array(rowCount) }
    if (graphBytes === undefined) return
    openGraph = () => {
      const orderCrc = groupCrc(cells.map((cell) => cell.orderCrc))
      const graph = { graph: decodeGraph(graphBytes), ranges: [{ from: 0, to: rowCount }], orderCrc }
      const [retriever] = memory.openGraphs(catalogue, [graph], EF_SEARCH)
      if (retriever === undefined) throw new Error('a graph opens one engine')
      return retriever
    }
  },
  settle: async () => {
    if (opened === null) return
    opened = { ...opened, retriever: openGraph?.() ?? opened.retriever, rest: opened.rest.slice() } // of what is stored nothing stays in use
    openGraph = null
  },
  search: (query, k) => (opened === null ? [] : searchFinely(opened, query, k)),
}
