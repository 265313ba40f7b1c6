import { computeGramian, encodeGramian } from '#contract/gramian'
import type { Manifest } from '#contract/manifest'
import { type CellPatch, mergeParts } from '#contract/patch'
import { CELL_ROLE } from '#contract/shard-table'
import { dequantise, quantise } from '#contract/vectors'
import type { Dataset } from '../dataset.ts'
import { type AssembleOptions, cellSources, knownSince, rulesOf } from '../release/assemble.ts'
import type { Behaviour } from '../release/behaviour.ts'
import { type CellSources, encodeCell, partsOf } from '../release/encode-cells.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { ObjectSet } from '../release/object-set.ts'
import { publicLists } from '../release/public-lists.ts'
import { centroidOf, type FreshCell, meanVectors } from './fresh-cell.ts'
import { currentParts, type StoredCell, type StoredCells } from './stored-cells.ts'
import type { Learnt, Numbered } from './update-cells.ts'

export type LearntParts = {
  readonly dataset: Dataset
  /** Fitted on the dataset from the release's own vectors, so that both lie in one space. */
  readonly models: FittedModels
  readonly behaviour: Behaviour
  readonly last: { readonly manifest: Manifest }
  readonly stored: StoredCells
  /** 1 by itemNo: whose rows are taken from `models`; those of the other items stay as they are. */
  readonly moved: Uint8Array
  readonly assemble: AssembleOptions
  readonly objects: ObjectSet
}

/** Puts what a fit has learnt of moved and new items on the frozen grid of a release, as patches and a fresh cell. */
export function learnItems(parts: LearntParts, numbered: Numbered): Learnt {
  const { dataset, models, behaviour, last, moved, objects } = parts
  const { itemNoOf, dictionaries, registry } = numbered
  const itemNos = Uint32Array.from(dataset.items, ({ id }) => itemNoOf.get(id) ?? 0)
  const indexOf = new Map(Array.from(itemNos, (itemNo, index) => [itemNo, index]))
  const createdAt = knownSince(dataset, behaviour)
  const frozen = frozenSpaces(parts, { numbered, indexOf })
  const numbers = { itemNos, dictionaries, createdAt }
  const sources = cellSources(dataset, { models, spaces: frozen.spaces, behaviour, ...numbers })
  const { scales } = last.manifest.spaces[0]
  const vectors = dequantise(frozen.spaces[0].quantised, Float32Array.from(scales))
  const gramian = objects.add(encodeGramian(computeGramian(vectors, models.dim)))
  const [first, ...others] = last.manifest.spaces
  const { assemble } = parts
  const halfLifeDays = assemble.trendingHalfLifeDays
  return {
    patchOf: (cell, patch) => patchOf(cell, patch, { sources, indexOf, moved }),
    freshCell: frozen.fresh.length === 0 ? null : freshCellOf(frozen.fresh, sources, objects),
    manifest: {
      createdAt: new Date(behaviour.newestAt || 0).toISOString(),
      newestAt: behaviour.newestAt || 0,
      spaces: [{ ...first, encoder: { ...first.encoder, itemCount: dataset.items.length }, gramian }, ...others],
      lists: publicLists({ behaviour, itemNos, createdAt, dataset, halfLifeDays }),
      rules: rulesOf(assemble, registry, dictionaries.dictionaries),
    },
  }
}

type Placed = { readonly numbered: Numbered; readonly indexOf: ReadonlyMap<number, number> }

/** Items of the dataset on the grid of each space: rows that stay are copied bit for bit; only the first space learns. */
function frozenSpaces({ dataset, models, last, stored, moved }: LearntParts, { numbered, indexOf }: Placed) {
  const count = dataset.items.length
  const learnt = quantise(models.vectors, Float32Array.from(last.manifest.spaces[0].scales))
  const spaces = last.manifest.spaces.map(({ dim }, space) => ({
    dim,
    quantised: space === 0 ? learnt : new Int8Array(count * dim),
  }))
  const isBuilt = new Uint8Array(count)
  const built = stored.cells.filter(({ entry }) => entry.role !== CELL_ROLE.fresh)
  for (const cell of built) {
    const { columns, vectors } = currentParts(cell)
    columns.itemNos.forEach((itemNo, row) => {
      const index = indexOf.get(itemNo)
      if (index === undefined) return
      isBuilt[index] = 1
      spaces.forEach(({ dim, quantised }, space) => {
        if (space === 0 && moved[itemNo] === 1) return
        quantised.set(vectors[space].quantised.subarray(row * dim, (row + 1) * dim), index * dim)
      })
    })
  }
  const fresh = Array.from(isBuilt.keys()).filter((index) => isBuilt[index] === 0)
  if (spaces.length > 1 && fresh.length > 0) {
    const items = fresh.map((index) => dataset.items[index])
    const means = meanVectors(items, { manifest: last.manifest, cells: built, dictionaries: numbered.dictionaries })
    fresh.forEach((index, row) => {
      for (const [space, { dim, quantised }] of spaces.entries())
        if (space > 0) quantised.set(means[space].quantised.subarray(row * dim, (row + 1) * dim), index * dim)
    })
  }
  return { spaces, fresh }
}

type PatchParts = {
  readonly sources: CellSources
  readonly indexOf: ReadonlyMap<number, number>
  readonly moved: Uint8Array
}

function patchOf(cell: StoredCell, patch: CellPatch | null, { sources, indexOf, moved }: PatchParts): CellPatch | null {
  const { columns, voters } = cell
  const rows = Int32Array.from(
    Array.from(columns.itemNos).flatMap((itemNo) => (moved[itemNo] === 1 ? (indexOf.get(itemNo) ?? []) : [])),
  )
  if (rows.length === 0) return patch
  const step = [voters, patch?.parts.voters].find(
    (known) => known !== undefined && known.weights.length > 0,
  )?.weightStep
  const learnt = partsOf(rows, sources, step)
  return { baseCrc: columns.orderCrc, parts: patch === null ? learnt : mergeParts(patch.parts, learnt) }
}

function freshCellOf(fresh: readonly number[], sources: CellSources, objects: ObjectSet): FreshCell {
  const items = Int32Array.from(fresh).sort((a, b) => sources.itemNos[a] - sources.itemNos[b])
  const { dim, quantised } = sources.spaces[0]
  const rows = Int8Array.from(
    Array.from(items).flatMap((item) => Array.from(quantised.subarray(item * dim, (item + 1) * dim))),
  )
  const entry = encodeCell({ role: CELL_ROLE.fresh, items, group: -1 }, sources, objects)
  return { entry: { ...entry, popularity: 0 }, centroid: centroidOf(rows, dim) }
}
