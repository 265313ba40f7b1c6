import { encodeCards } from '#contract/cards'
import { orderCrc } from '#contract/cell-order'
import { type ColumnCell, DAY_MS, DAY_ZERO_MS, encodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import type { CellParts } from '#contract/patch'
import type { CellEntry } from '#contract/shard-table'
import { encodeVectors, type VectorCell } from '#contract/vectors'
import { encodeVoters, levelOf, MAX_WEIGHT, type VoterCell, weightOfLevel } from '#contract/voters'
import type { CatalogueItem } from '../dataset.ts'
import type { Voters } from '../train/voters.ts'
import type { IndexedDictionaries } from './dictionaries.ts'
import type { ObjectSet } from './object-set.ts'
import type { CellPlan } from './partition.ts'

/** Everything a cell's objects are written from, in the dataset's item order. */
export type CellSources = {
  readonly items: readonly CatalogueItem[]
  readonly itemNos: Uint32Array
  /** Items on the grid of each space. */
  readonly spaces: readonly { readonly dim: number; readonly quantised: Int8Array }[]
  readonly voters: Voters
  readonly dictionaries: IndexedDictionaries
  readonly popularity: Uint8Array
  readonly trending: Uint8Array
  readonly clickRate: Uint8Array
  readonly conversionRate: Uint8Array
  readonly quality: Uint8Array
  readonly priorMean: Uint8Array
  readonly priorStrength: Uint8Array
  readonly hasEvidence: Uint8Array
  /** Milliseconds, NaN unknown. */
  readonly createdAt: Float64Array
}

/** Writes the objects of one cell and its row of the shard table (popularity is set by the caller). */
export function encodeCell(plan: CellPlan, sources: CellSources, objects: ObjectSet): Omit<CellEntry, 'popularity'> {
  const { vectors, voters, columns } = partsOf(plan.items, sources)
  return {
    role: plan.role,
    itemCount: plan.items.length,
    group: plan.group,
    objects: {
      vectors: vectors.map((cell) => objects.add(encodeVectors(cell))),
      voters: objects.add(encodeVoters(voters)),
      columns: objects.add(encodeColumns(columns)),
      cards: [objects.add(encodeCellCards(plan.items, sources, columns.orderCrc))],
    },
  }
}

/**
 * What a release says of some items, in their order.
 * @param items - Indices into the sources, by ascending itemNo.
 * @param weightStep - Step of the voters' weights; one that fits their largest where absent.
 */
export function partsOf(items: Int32Array, sources: CellSources, weightStep?: number): CellParts {
  const itemNos = Uint32Array.from(items, (item) => sources.itemNos[item])
  const crc = orderCrc(itemNos)
  return {
    vectors: sources.spaces.map((space) => vectorsOf(items, space, crc)),
    voters: votersOf(items, sources, { crc, weightStep }),
    columns: columnsOf(items, itemNos, sources, crc),
  }
}

function vectorsOf(items: Int32Array, { dim, quantised }: CellSources['spaces'][number], crc: number): VectorCell {
  const rows = new Int8Array(items.length * dim)
  items.forEach((item, row) => {
    rows.set(quantised.subarray(item * dim, (item + 1) * dim), row * dim)
  })
  return { itemCount: items.length, dim, orderCrc: crc, quantised: rows }
}

function votersOf(
  items: Int32Array,
  { voters, itemNos }: CellSources,
  { crc, weightStep: frozen }: { readonly crc: number; readonly weightStep: number | undefined },
): VoterCell {
  let largest = 0
  const rows = Array.from(items, (item) => {
    const row: { source: number; weight: number }[] = []
    for (let k = voters.offsets[item]; k < voters.offsets[item + 1]; k++) {
      row.push({ source: itemNos[voters.source[k]], weight: voters.weight[k] })
      largest = Math.max(largest, Math.abs(voters.weight[k]))
    }
    return row.sort((a, b) => a.source - b.source)
  })
  const weightStep = frozen ?? (Math.fround(largest / MAX_WEIGHT) || 1)
  const kept = rows.map((row) =>
    row
      .map(({ source, weight }) => ({ source, weight: stepsOf(weight / weightStep) }))
      .filter(({ weight }) => weight !== 0),
  )
  const offsets = new Uint32Array(items.length + 1)
  kept.forEach((row, i) => {
    offsets[i + 1] = offsets[i] + row.length
  })
  const flat = kept.flat()
  return {
    itemCount: items.length,
    orderCrc: crc,
    weightStep,
    offsets,
    source: Uint32Array.from(flat, ({ source }) => source),
    weights: Int8Array.from(flat, ({ weight }) => weight),
  }
}

/** The nearest weight that a device can tell, at most MAX_WEIGHT either way. */
function stepsOf(weight: number): number {
  return weightOfLevel(levelOf(Math.sign(weight) * Math.min(MAX_WEIGHT, Math.round(Math.abs(weight)))))
}

function columnsOf(items: Int32Array, itemNos: Uint32Array, sources: CellSources, crc: number): ColumnCell {
  const bytes = (column: Uint8Array) => Uint8Array.from(items, (item) => column[item])
  const tagLists = Array.from(items, (item) => sources.dictionaries.tagsOf(sources.items[item]))
  const tagOffsets = new Uint32Array(items.length + 1)
  tagLists.forEach((list, i) => {
    tagOffsets[i + 1] = tagOffsets[i] + list.length
  })
  return {
    itemNos,
    orderCrc: crc,
    popularity: bytes(sources.popularity),
    trending: bytes(sources.trending),
    clickRate: bytes(sources.clickRate),
    conversionRate: bytes(sources.conversionRate),
    quality: bytes(sources.quality),
    priorMean: bytes(sources.priorMean),
    priorStrength: bytes(sources.priorStrength),
    flags: Uint8Array.from(items, (item) => flagsOf(sources.items[item], sources.hasEvidence[item])),
    category: Uint16Array.from(items, (item) => sources.dictionaries.categoryOf(sources.items[item])),
    createdDay: Uint16Array.from(items, (item) => createdDay(sources.createdAt[item])),
    price: Float32Array.from(items, (item) => sources.items[item].price),
    tagOffsets,
    tags: Uint16Array.from(tagLists.flat()),
  }
}

function flagsOf(item: CatalogueItem, evidence: number): number {
  return (item.available ? ITEM_FLAG.available : 0) | (evidence === 1 ? ITEM_FLAG.hasEvidence : 0)
}

function createdDay(at: number): number {
  if (Number.isNaN(at)) return UNKNOWN_U16
  return Math.max(0, Math.min(UNKNOWN_U16 - 1, Math.floor((at - DAY_ZERO_MS) / DAY_MS)))
}

function encodeCellCards(items: Int32Array, { items: catalogue }: CellSources, crc: number): Uint8Array {
  const cards = Array.from(items, (item) => {
    const { id, title, url, image } = catalogue[item]
    return { id, title: title === '' ? id : title, url, image }
  })
  return encodeCards(cards, crc)
}
