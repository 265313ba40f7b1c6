import type { Gramian } from '#contract/gramian'
import type { Dictionaries, Manifest } from '#contract/manifest'
import type { ShardTable } from '#contract/shard-table'
import type { TreeEnsemble } from '#contract/trees'
import { closedRows, unavailableRows } from './blocked.ts'
import type { Catalogue } from './catalogue.ts'
import { openSequence, type SequenceSearch } from './encoder/sequence-search.ts'
import { type PublicRows, publicRows } from './public-rows.ts'
import type { Retriever } from './retriever.ts'
import { createJsScan } from './scan/scan-js.ts'
import { TopHeap } from './top-heap.ts'

/** Arrays over all rows that one request borrows and hands back clean. */
export type Scratch = {
  /** Zeros. */
  readonly sums: Float32Array
  readonly touched: Int32Array
  /** -1 everywhere. */
  readonly slotOf: Int32Array
  readonly heap: TopHeap
}

/** Everything one release needs to answer, in memory. */
export type Model = {
  readonly manifest: Manifest
  readonly dictionaries: Dictionaries
  readonly catalogue: Catalogue
  /** Of the first space. */
  readonly gramians: readonly Gramian[]
  /** Where queries in the second space are looked for, or null. */
  readonly sequence: SequenceSearch | null
  /** Together they cover all rows once. */
  readonly retrievers: readonly Retriever[]
  readonly trees: TreeEnsemble | null
  readonly table: ShardTable | null
  readonly publicRows: PublicRows
  /** One byte per row: 1 where the item is tombstoned, unavailable or (bit 2 alone) restricted. */
  readonly unavailable: Uint8Array
  /** One byte per row: 1 where `unavailable` has any mark; what most requests start from. */
  readonly closed: Uint8Array
  readonly scratch: Scratch
}

export type ModelParts = {
  readonly manifest: Manifest
  readonly dictionaries: Dictionaries
  readonly catalogue: Catalogue
  readonly gramians: readonly Gramian[]
  /** Default: a plain-JavaScript scan of all rows. */
  readonly retrievers?: readonly Retriever[]
  /** The second space, opened; by default a plain-JavaScript scan of it. */
  readonly sequence?: SequenceSearch | null
  readonly trees?: TreeEnsemble | null
  readonly table?: ShardTable | null
}

/** Wires the parts of a release; parts are kept, not copied. */
export function createModel(parts: ModelParts): Model {
  const { manifest, catalogue } = parts
  const { rowCount } = catalogue
  const unavailable = unavailableRows(manifest, catalogue)
  return {
    manifest,
    dictionaries: parts.dictionaries,
    catalogue,
    gramians: parts.gramians,
    sequence: parts.sequence === undefined ? openSequence(catalogue) : parts.sequence,
    retrievers: parts.retrievers ?? [createJsScan(catalogue)],
    trees: parts.trees ?? null,
    table: parts.table ?? null,
    publicRows: publicRows(manifest, catalogue),
    unavailable,
    closed: closedRows(unavailable),
    scratch: {
      sums: new Float32Array(rowCount),
      touched: new Int32Array(rowCount),
      slotOf: new Int32Array(rowCount).fill(-1),
      heap: new TopHeap(catalogue.itemNoOf),
    },
  }
}
