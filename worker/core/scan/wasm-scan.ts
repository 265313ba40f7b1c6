import { RecError } from '#contract/errors'
import type { Graph } from '#contract/graph'
import type { IntegerQuery } from '#contract/vectors'
import type { Allocate, Catalogue } from '../catalogue.ts'
import type { Retriever, RowRange, TopK } from '../retriever.ts'
import { type GroupLists, layLists } from './graph-lists.ts'
import { createJsScan } from './scan-js.ts'

type Kernel = {
  readonly memory: WebAssembly.Memory
  start(keys: number, size: number, k: number): void
  scan(query: number, rows: number, stride: number, from: number, to: number, ranks: number, blocked: number): void
  finish(): number
  openGraph(...parts: number[]): void
  walk(query: number, entries: number, entryCount: number, ef: number, rowCount: number, most: number): number
}

/** Where the query lies; the kernel has no static data below it. */
const QUERY_AT = 1_024
const QUERY_BYTES = 2 * 512
const KEYS_AT = QUERY_AT + QUERY_BYTES
/** Keys of the selection buffer; searches for more than half of it run in JavaScript. */
const KEYS = 8_192
const PAGE = 65_536

/** Rows that a search of a graph starts from, at most. */
export const MOST_ENTRIES = 1_024

/** Keys in each of a graph search's two heaps. */
const HEAP_KEYS = 16_384
const HEAP_BYTES = 256 * 4 + 2 * 8 * HEAP_KEYS

/** A search of a graph that scores this share of its rows is slower than a scan of all of them, measured. */
const MOST_SCORED = 0.25

/** What a scan reads of a catalogue. */
export type ScanRows = Pick<Catalogue, 'quantised' | 'dim' | 'rowCount' | 'itemNoOf' | 'rowsByItemNo'>

/** A graph over some rows of a catalogue. */
export type RowGraph = {
  readonly graph: Graph
  /** Rows of the group's cells in table order; node i of the graph is the i-th of them. */
  readonly ranges: readonly RowRange[]
  /** `groupCrc` of those cells; the graph must have been built over the same. */
  readonly orderCrc: number
}

/** Memory of one scan, made before the catalogue so that the rows lie in it once. */
export type ScanMemory = {
  /** Give this to `createCatalogue`. */
  readonly allocate: Allocate
  /** Call after `createCatalogue`. */
  open(catalogue: ScanRows, ranges?: readonly RowRange[]): Retriever
  /**
   * Engines that search graphs over the rows in place, one per graph; links are laid out anew each time.
   * @param efSearch - Candidates kept while searching, at least k is used.
   * @throws RecError `shard-malformed` when graph and rows do not fit, `engine-unavailable` without room for the links.
   */
  openGraphs(catalogue: ScanRows, graphs: readonly RowGraph[], efSearch: number): readonly Retriever[]
}

/**
 * Exact int8 scan and graph search by the SIMD kernel `scan.wasm`. The memory is sized once and never grows, so views stay valid.
 * @param module - Compiled `scan.wasm`; whoever loads it checks its hash.
 * @param linkRoom - Links on the ground level of all graphs that may be opened; memory that is not written to costs nothing.
 * @throws RecError `engine-unavailable` when the engine cannot instantiate it (no SIMD, no memory).
 */
export function createScanMemory(module: WebAssembly.Module, linkRoom = 0): ScanMemory {
  const kernel = instantiate(module)
  let last: Opened | null = null
  const openOnce = (catalogue: ScanRows): Opened => {
    if (last?.catalogue !== catalogue) last = openRows(kernel, catalogue, linkRoom)
    return last
  }
  return {
    allocate: (rowCount, dim) => {
      const { rowsAt, stride, end } = layOut(rowCount, dim, linkRoom)
      if (stride !== dim) return new Int8Array(rowCount * dim)
      grow(kernel, end)
      return new Int8Array(kernel.memory.buffer, rowsAt, rowCount * dim)
    },
    open: (catalogue, ranges = [{ from: 0, to: catalogue.rowCount }]) =>
      scanOver(openOnce(catalogue), createJsScan(catalogue, ranges)),
    openGraphs: (catalogue, graphs, efSearch) => openGraphs(openOnce(catalogue), graphs, efSearch),
  }
}

function layOut(rowCount: number, dim: number, linkRoom: number) {
  const stride = Math.ceil(dim / 16) * 16
  const rowsAt = KEYS_AT + KEYS * 8
  const ranksAt = rowsAt + rowCount * stride
  const blockedAt = ranksAt + rowCount * 4
  const entriesAt = Math.ceil((blockedAt + rowCount) / 8) * 8
  const heapsAt = entriesAt + MOST_ENTRIES * 4
  const offsetsAt = heapsAt + HEAP_BYTES
  const linksAt = offsetsAt + (rowCount + 1) * 4
  const seenAt = linksAt + linkRoom * 4
  const end = linkRoom === 0 ? blockedAt + rowCount : seenAt + rowCount
  return { stride, rowsAt, ranksAt, blockedAt, entriesAt, heapsAt, offsetsAt, linksAt, seenAt, end }
}

/** Rows in the kernel's memory, ready to be searched. */
type Opened = {
  readonly kernel: Kernel
  readonly catalogue: ScanRows
  readonly at: ReturnType<typeof layOut>
  readonly linkRoom: number
  /** Lays the request's parts down and begins a selection. */
  readonly begin: (query: IntegerQuery, k: number, blocked: Uint8Array) => void
  /** Ends the selection. */
  readonly take: () => TopK
}

function openRows(kernel: Kernel, catalogue: ScanRows, linkRoom: number): Opened {
  const { rowCount, dim, rowsByItemNo } = catalogue
  const at = layOut(rowCount, dim, linkRoom)
  grow(kernel, at.end)
  const { buffer } = kernel.memory
  if (catalogue.quantised.buffer !== buffer)
    copyRows(catalogue, new Int8Array(buffer, at.rowsAt, rowCount * at.stride), at.stride)
  const ranks = new Uint32Array(buffer, at.ranksAt, rowCount)
  for (let rank = 0; rank < rowCount; rank++) ranks[rowsByItemNo[rank]] = rank
  const values = new Int16Array(buffer, QUERY_AT, at.stride)
  const blockedBytes = new Uint8Array(buffer, at.blockedAt, rowCount)
  const keys = new Int32Array(buffer, KEYS_AT, KEYS * 2)
  return {
    kernel,
    catalogue,
    at,
    linkRoom,
    begin: (query, k, blocked) => {
      values.set(query.values)
      blockedBytes.set(blocked)
      kernel.start(KEYS_AT, Math.min(KEYS, k * 2 + 512), k)
    },
    take: () => readKeys(keys, kernel.finish(), rowsByItemNo),
  }
}

function scanOver({ kernel, at, begin, take }: Opened, slow: Retriever): Retriever {
  const { ranges } = slow
  const search = (query: IntegerQuery, k: number, blocked: Uint8Array): TopK => {
    if (k === 0) return { rows: new Int32Array(0), scores: new Int32Array(0) }
    if (k > KEYS / 2) return slow.search(query, k, blocked)
    begin(query, k, blocked)
    for (const { from, to } of ranges) kernel.scan(QUERY_AT, at.rowsAt, at.stride, from, to, at.ranksAt, at.blockedAt)
    return take()
  }
  return { name: 'scan', ranges, search, close: () => undefined }
}

function openGraphs(opened: Opened, graphs: readonly RowGraph[], efSearch: number): readonly Retriever[] {
  const { kernel, catalogue, at, linkRoom } = opened
  const { buffer } = kernel.memory
  const groups = layLists(graphs, {
    offsets: new Uint32Array(buffer, at.offsetsAt, catalogue.rowCount + 1),
    links: new Uint32Array(buffer, at.linksAt, linkRoom),
    mostEntries: MOST_ENTRIES,
  })
  return groups.map((group) => graphOver(opened, group, efSearch))
}

/** Searches that a graph serves badly (strong filters, more results than a part of the group) are answered by the scan. */
function graphOver(opened: Opened, { ranges, entries, items }: GroupLists, efSearch: number): Retriever {
  const { kernel, catalogue, at, begin, take } = opened
  const exact = scanOver(opened, createJsScan(catalogue, ranges))
  const entryRows = new Uint32Array(kernel.memory.buffer, at.entriesAt, MOST_ENTRIES)
  const most = Math.ceil(items * MOST_SCORED)
  const search = (query: IntegerQuery, k: number, blocked: Uint8Array): TopK => {
    const ef = Math.max(efSearch, k)
    if (k === 0 || query.step === 0 || k > KEYS / 2 || ef * 2 > items) return exact.search(query, k, blocked)
    begin(query, k, blocked)
    entryRows.set(entries)
    kernel.openGraph(
      at.rowsAt,
      at.stride,
      at.offsetsAt,
      at.linksAt,
      at.ranksAt,
      at.blockedAt,
      at.seenAt,
      at.heapsAt,
      HEAP_KEYS,
    )
    const scored = kernel.walk(QUERY_AT, at.entriesAt, entries.length, ef, catalogue.rowCount, most)
    const found = take()
    return scored < 0 || found.rows.length < k ? exact.search(query, k, blocked) : found
  }
  return { name: 'hnsw', ranges, search, close: () => undefined }
}

function readKeys(keys: Int32Array, count: number, rowsByItemNo: Uint32Array): TopK {
  const rows = new Int32Array(count)
  const scores = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    rows[i] = rowsByItemNo[~keys[i * 2]]
    scores[i] = keys[i * 2 + 1]
  }
  return { rows, scores }
}

function copyRows({ quantised, rowCount, dim }: ScanRows, out: Int8Array, stride: number): void {
  for (let row = 0; row < rowCount; row++) out.set(quantised.subarray(row * dim, (row + 1) * dim), row * stride)
}

function grow(kernel: Kernel, bytes: number): void {
  const missing = Math.ceil((bytes - kernel.memory.buffer.byteLength) / PAGE)
  if (missing <= 0) return
  try {
    kernel.memory.grow(missing)
  } catch (cause) {
    throw new RecError('engine-unavailable', 'no memory for a scan', { sizeBytes: bytes }, { cause })
  }
}

function instantiate(module: WebAssembly.Module): Kernel {
  try {
    return new WebAssembly.Instance(module, {}).exports as unknown as Kernel // the module is pinned by hash; these are its exports
  } catch (cause) {
    throw new RecError('engine-unavailable', 'the scan kernel cannot start', {}, { cause })
  }
}
