import { encodeCards } from '#contract/cards'
import { orderCrc } from '#contract/cell-order'
import { DAY_MS, DAY_ZERO_MS, encodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import type { CellEntry } from '#contract/shard-table'
import { encodeVectors } from '#contract/vectors'
import { encodeVoters } from '#contract/voters'
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

const LARGEST_WEIGHT = 63

/** Writes the objects of one cell and its row of the shard table (popularity is set by the caller). */
export function encodeCell(plan: CellPlan, sources: CellSources, objects: ObjectSet): Omit<CellEntry, 'popularity'> {
  const itemNos = Uint32Array.from(plan.items, (item) => sources.itemNos[item])
  const crc = orderCrc(itemNos)
  return {
    role: plan.role,
    itemCount: plan.items.length,
    group: plan.group,
    objects: {
      vectors: sources.spaces.map((space) => objects.add(encodeCellVectors(plan.items, space, crc))),
      voters: objects.add(encodeCellVoters(plan.items, sources, crc)),
      columns: objects.add(encodeCellColumns(plan.items, itemNos, sources, crc)),
      cards: [objects.add(encodeCellCards(plan.items, sources, crc))],
    },
  }
}

function encodeCellVectors(
  items: Int32Array,
  { dim, quantised }: CellSources['spaces'][number],
  crc: number,
): Uint8Array {
  const rows = new Int8Array(items.length * dim)
  items.forEach((item, row) => {
    rows.set(quantised.subarray(item * dim, (item + 1) * dim), row * dim)
  })
  return encodeVectors({ itemCount: items.length, dim, orderCrc: crc, quantised: rows })
}

function encodeCellVoters(items: Int32Array, { voters, itemNos }: CellSources, crc: number): Uint8Array {
  let largest = 0
  const rows = Array.from(items, (item) => {
    const row: { source: number; weight: number }[] = []
    for (let k = voters.offsets[item]; k < voters.offsets[item + 1]; k++) {
      row.push({ source: itemNos[voters.source[k]], weight: voters.weight[k] })
      largest = Math.max(largest, voters.weight[k])
    }
    return row.sort((a, b) => a.source - b.source)
  })
  const weightStep = Math.fround(largest / LARGEST_WEIGHT) || 1
  const kept = rows.map((row) =>
    row
      .map(({ source, weight }) => ({ source, weight: Math.min(LARGEST_WEIGHT, Math.round(weight / weightStep)) }))
      .filter(({ weight }) => weight > 0),
  )
  const offsets = new Uint32Array(items.length + 1)
  kept.forEach((row, i) => {
    offsets[i + 1] = offsets[i] + row.length
  })
  const flat = kept.flat()
  return encodeVoters({
    itemCount: items.length,
    orderCrc: crc,
    weightStep,
    offsets,
    source: Uint32Array.from(flat, ({ source }) => source),
    weights: Uint8Array.from(flat, ({ weight }) => weight),
  })
}

function encodeCellColumns(items: Int32Array, itemNos: Uint32Array, sources: CellSources, crc: number): Uint8Array {
  const bytes = (column: Uint8Array) => Uint8Array.from(items, (item) => column[item])
  const tagLists = Array.from(items, (item) => sources.dictionaries.tagsOf(sources.items[item]))
  const tagOffsets = new Uint32Array(items.length + 1)
  tagLists.forEach((list, i) => {
    tagOffsets[i + 1] = tagOffsets[i] + list.length
  })
  return encodeColumns({
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
  })
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
