import { type Card, encodeCards } from '#contract/cards'
import { type ColumnCell, encodeColumns, ITEM_FLAG } from '#contract/columns'
import type { CellPatch } from '#contract/patch'
import type { CellEntry } from '#contract/shard-table'
import type { CatalogueItem } from '../dataset.ts'
import type { ObjectSet } from '../release/object-set.ts'
import type { StoredCell } from './stored-cells.ts'

/** A cell after an update, its patch apart, and how many of its items changed. */
export type ChangedCell = { readonly entry: CellEntry; readonly patch: CellPatch | null; readonly changedItems: number }

/**
 * Writes what the catalogue says now of a cell's items: price and availability into its columns, title and addresses into its cards. Objects
 * without a change keep their bytes, and so their names.
 * @param wanted - The item as it is now, undefined where nothing is said of it.
 */
export function changeCell(
  cell: StoredCell,
  wanted: (index: number) => CatalogueItem | undefined,
  objects: ObjectSet,
): ChangedCell {
  const { columns, cards, entry, patch } = cell
  const items = Array.from(columns.itemNos, (_, i) => wanted(i))
  const isRetold = items.map((item, i) => item !== undefined && !isSame(cards.card(i), cardOf(item)))
  const repriced = reprice(columns, items)
  const changedItems = items.filter((_, i) => isRetold[i] || repriced.isChanged[i]).length
  if (changedItems === 0) return { entry, patch, changedItems }
  const itemOf = new Map(items.map((item, i) => [columns.itemNos[i], item]))
  const texts = items.map((item, i) => (item === undefined ? cards.card(i) : cardOf(item)))
  const isPriced = repriced.isChanged.includes(true)
  const refs = {
    ...entry.objects,
    ...(isPriced ? { columns: objects.add(encodeColumns(repriced.columns)) } : {}),
    ...(isRetold.includes(true)
      ? { cards: [objects.add(encodeCards(texts, cards.orderCrc)), ...entry.objects.cards.slice(1)] }
      : {}),
  }
  return {
    entry: { ...entry, objects: refs },
    patch: patch === null ? null : repricePatch(patch, (itemNo) => itemOf.get(itemNo)),
    changedItems,
  }
}

/** Columns with today's prices and availability, and which rows they differ in. */
function reprice(columns: ColumnCell, items: readonly (CatalogueItem | undefined)[]) {
  const price = columns.price.slice()
  const flags = columns.flags.slice()
  items.forEach((item, i) => {
    if (item === undefined) return
    price[i] = item.price
    flags[i] = (flags[i] & ~ITEM_FLAG.available) | (item.available ? ITEM_FLAG.available : 0)
  })
  const isChanged = items.map((_, i) => !Object.is(price[i], columns.price[i]) || flags[i] !== columns.flags[i])
  return { columns: { ...columns, price, flags }, isChanged }
}

function repricePatch(patch: CellPatch, itemOf: (itemNo: number) => CatalogueItem | undefined): CellPatch {
  const { columns } = patch.parts
  const repriced = reprice(columns, Array.from(columns.itemNos, itemOf))
  return { ...patch, parts: { ...patch.parts, columns: repriced.columns } }
}

function cardOf({ id, title, url, image }: CatalogueItem): Card {
  return { id, title: title === '' ? id : title, url, image }
}

function isSame(a: Card, b: Card): boolean {
  return a.title === b.title && a.url === b.url && a.image === b.image
}
