import { RecError } from '#contract/errors'
import type { IntegerQuery } from '#contract/vectors'
import type { Catalogue } from '../catalogue.ts'
import type { Retriever, RowRange, TopK } from '../retriever.ts'
import { createJsScan } from './scan-js.ts'

type Kernel = {
  readonly memory: WebAssembly.Memory
  start(keys: number, size: number, k: number): void
  scan(query: number, rows: number, stride: number, from: number, to: number, ranks: number, blocked: number): void
  finish(): number
}

/** Where the query lies; the kernel has no static data below it. */
const QUERY_AT = 1_024
const QUERY_BYTES = 2 * 512
const KEYS_AT = QUERY_AT + QUERY_BYTES
/** Keys of the selection buffer; searches for more than half of it run in JavaScript. */
const KEYS = 8_192
const PAGE = 65_536

/** What a scan reads of a catalogue. */
export type ScanRows = Pick<Catalogue, 'quantised' | 'dim' | 'rowCount' | 'itemNoOf' | 'rowsByItemNo'>

/** Memory of one scan, made before the catalogue so that the rows lie in it once. */
export type ScanMemory = {
  /** Give this to `createCatalogue`. */
  readonly allocate: (rowCount: number, dim: number) => Int8Array
  /** Call after `createCatalogue`. */
  open(catalogue: ScanRows, ranges?: readonly RowRange[]): Retriever
}

/**
 * Exact int8 scan by the SIMD kernel `scan.wasm`. The memory is sized once and never grows, so views stay valid.
 * @param module - Compiled `scan.wasm`; whoever loads it checks its hash.
 * @throws RecError `engine-unavailable` when the engine cannot instantiate it (no SIMD, no memory).
 */
export function createScanMemory(module: WebAssembly.Module): ScanMemory {
  const kernel = instantiate(module)
  return {
    allocate: (rowCount, dim) => {
      const { rowsAt, stride, end } = layOut(rowCount, dim)
      if (stride !== dim) return new Int8Array(rowCount * dim)
      grow(kernel, end)
      return new Int8Array(kernel.memory.buffer, rowsAt, rowCount * dim)
    },
    open: (catalogue, ranges = [{ from: 0, to: catalogue.rowCount }]) => openScan(kernel, catalogue, ranges),
  }
}

function layOut(rowCount: number, dim: number) {
  const stride = Math.ceil(dim / 16) * 16
  const rowsAt = KEYS_AT + KEYS * 8
  const ranksAt = rowsAt + rowCount * stride
  const blockedAt = ranksAt + rowCount * 4
  return { stride, rowsAt, ranksAt, blockedAt, end: blockedAt + rowCount }
}

function openScan(kernel: Kernel, catalogue: ScanRows, covered: readonly RowRange[]): Retriever {
  const { rowCount, dim, rowsByItemNo } = catalogue
  const { stride, rowsAt, ranksAt, blockedAt, end } = layOut(rowCount, dim)
  grow(kernel, end)
  const { buffer } = kernel.memory
  if (catalogue.quantised.buffer !== buffer)
    copyRows(catalogue, new Int8Array(buffer, rowsAt, rowCount * stride), stride)
  const ranks = new Uint32Array(buffer, ranksAt, rowCount)
  for (let rank = 0; rank < rowCount; rank++) ranks[rowsByItemNo[rank]] = rank
  const query = new Int16Array(buffer, QUERY_AT, stride)
  const blockedBytes = new Uint8Array(buffer, blockedAt, rowCount)
  const keys = new Int32Array(buffer, KEYS_AT, KEYS * 2)
  const slow = createJsScan(catalogue, covered)
  const search = (asked: IntegerQuery, k: number, blocked: Uint8Array): TopK => {
    if (k === 0) return { rows: new Int32Array(0), scores: new Int32Array(0) }
    if (k > KEYS / 2) return slow.search(asked, k, blocked)
    query.set(asked.values)
    blockedBytes.set(blocked)
    kernel.start(KEYS_AT, Math.min(KEYS, k * 2 + 512), k)
    for (const { from, to } of covered) kernel.scan(QUERY_AT, rowsAt, stride, from, to, ranksAt, blockedAt)
    return readKeys(keys, kernel.finish(), rowsByItemNo)
  }
  return { name: 'scan', ranges: covered, search, close: () => undefined }
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
