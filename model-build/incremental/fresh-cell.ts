import type { ColumnCell } from '#contract/columns'
import { LIMITS } from '#contract/limits'
import type { Manifest } from '#contract/manifest'
import { CELL_ROLE, type CellEntry } from '#contract/shard-table'
import { dequantise, quantise } from '#contract/vectors'
import type { CatalogueItem } from '../dataset.ts'
import type { IndexedDictionaries } from '../release/dictionaries.ts'
import { encodeCell } from '../release/encode-cells.ts'
import type { ObjectSet } from '../release/object-set.ts'
import { currentParts, type StoredCell } from './stored-cells.ts'

export type FreshParts = {
  readonly manifest: Manifest
  /** What the release holds already: new items take after them. */
  readonly cells: readonly StoredCell[]
  readonly dictionaries: IndexedDictionaries
  /** itemNo by text id. */
  readonly itemNoOf: ReadonlyMap<string, number>
  readonly nowMs: number
  readonly objects: ObjectSet
}

/** A fresh cell and its centroid on the space's grid. */
export type FreshCell = { readonly entry: CellEntry; readonly centroid: Int8Array }

/**
 * Writes the cell of items that were added since the last full build. Nobody has met them: they have no voters, and their vector is the mean of those of their
 * category and tags, in each space, until the next build.
 */
export function encodeFreshCell(items: readonly CatalogueItem[], parts: FreshParts): FreshCell {
  const { dictionaries, itemNoOf, objects, nowMs } = parts
  const sorted = [...items].sort((a, b) => (itemNoOf.get(a.id) ?? 0) - (itemNoOf.get(b.id) ?? 0))
  const spaces = meanVectors(sorted, parts)
  const unknown = new Uint8Array(sorted.length)
  const entry = encodeCell(
    { role: CELL_ROLE.fresh, items: Int32Array.from(sorted.keys()), group: -1 },
    {
      items: sorted,
      itemNos: Uint32Array.from(sorted, ({ id }) => itemNoOf.get(id) ?? 0),
      spaces,
      voters: {
        offsets: new Int32Array(sorted.length + 1),
        source: new Int32Array(0),
        weight: new Float32Array(0),
        method: 'sparse',
      },
      dictionaries,
      popularity: unknown,
      trending: unknown,
      clickRate: unknown,
      conversionRate: unknown,
      quality: unknown,
      priorMean: unknown,
      priorStrength: unknown,
      hasEvidence: unknown,
      createdAt: Float64Array.from(sorted, ({ createdAt }) => (Number.isNaN(createdAt) ? nowMs : createdAt)),
    },
    objects,
  )
  return { entry: { ...entry, popularity: 0 }, centroid: centroidOf(spaces[0].quantised, spaces[0].dim) }
}

/** In each space a vector per item on its grid: the mean of the mean vectors of its category and tags. */
export function meanVectors(
  items: readonly CatalogueItem[],
  { manifest, cells, dictionaries }: Pick<FreshParts, 'manifest' | 'cells' | 'dictionaries'>,
) {
  const now = cells.map(currentParts)
  return manifest.spaces.map(({ dim, scales }, space) => {
    const grid = Float32Array.from(scales)
    const rows = now.map(({ columns, vectors }) => ({ columns, rows: dequantise(vectors[space].quantised, grid) }))
    return { dim, quantised: quantise(meansOf(items, dim, { rows, dictionaries }), grid) }
  })
}

type MeanParts = Pick<FreshParts, 'dictionaries'> & {
  readonly rows: readonly { readonly columns: ColumnCell; readonly rows: Float32Array }[]
}

function meansOf(items: readonly CatalogueItem[], dim: number, { rows: cells, dictionaries }: MeanParts): Float32Array {
  const sums = new Map<string, { readonly vector: Float64Array; count: number }>()
  const add = (name: string, vector: Float32Array): void => {
    const sum = sums.get(name) ?? { vector: new Float64Array(dim), count: 0 }
    sums.set(name, sum)
    sum.count++
    for (let d = 0; d < dim; d++) sum.vector[d] += vector[d]
  }
  for (const { columns, rows } of cells) {
    for (let i = 0; i < columns.itemNos.length; i++) {
      const vector = rows.subarray(i * dim, (i + 1) * dim)
      add(`category ${columns.category[i]}`, vector)
      for (let k = columns.tagOffsets[i]; k < columns.tagOffsets[i + 1]; k++) add(`tag ${columns.tags[k]}`, vector)
    }
  }
  const out = new Float32Array(items.length * dim)
  items.forEach((item, row) => {
    const names = [`category ${dictionaries.categoryOf(item)}`, ...dictionaries.tagsOf(item).map((tag) => `tag ${tag}`)]
    const known = names.flatMap((name) => sums.get(name) ?? [])
    for (const { vector, count } of known)
      for (let d = 0; d < dim; d++) out[row * dim + d] += vector[d] / count / known.length
  })
  return out
}

/** Mean of rows on their grid. */
export function centroidOf(quantised: Int8Array, dim: number): Int8Array {
  const count = quantised.length / dim
  return Int8Array.from({ length: dim }, (_, d) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += quantised[i * dim + d]
    return Math.round(sum / count)
  })
}

/** Items that one fresh cell can hold. */
export const MOST_FRESH = LIMITS.cellItems
