import { type Card, encodeCards } from '#contract/cards'
import { encodeColumns, ITEM_FLAG } from '#contract/columns'
import type { CellEntry } from '#contract/shard-table'
import type { CatalogueItem } from '../dataset.ts'
import type { ObjectSet } from '../release/object-set.ts'
import type { StoredCell } from './stored-cells.ts'

/** A cell after an update, and how many of its items changed. */
export type ChangedCell = { readonly entry: CellEntry; readonly changedItems: number }

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
  const { columns, cards, entry } = cell
  const price = columns.price.slice()
  const flags = columns.flags.slice()
  const texts: Card[] = []
  const changed = new Set<number>()
  let hasNewText = false
  for (let i = 0; i < columns.itemNos.length; i++) {
    const item = wanted(i)
    const card = cards.card(i)
    texts.push(item === undefined ? card : cardOf(item))
    if (item === undefined) continue
    price[i] = item.price
    flags[i] = (flags[i] & ~ITEM_FLAG.available) | (item.available ? ITEM_FLAG.available : 0)
    const isRetold = !isSame(card, texts[i])
    hasNewText ||= isRetold
    if (isRetold || !Object.is(price[i], columns.price[i]) || flags[i] !== columns.flags[i]) changed.add(i)
  }
  if (changed.size === 0) return { entry, changedItems: 0 }
  const refs = {
    ...entry.objects,
    columns: objects.add(encodeColumns({ ...columns, price, flags })),
    ...(hasNewText
      ? { cards: [objects.add(encodeCards(texts, cards.orderCrc)), ...entry.objects.cards.slice(1)] }
      : {}),
  }
  return { entry: { ...entry, objects: refs }, changedItems: changed.size }
}

function cardOf({ id, title, url, image }: CatalogueItem): Card {
  return { id, title: title === '' ? id : title, url, image }
}

function isSame(a: Card, b: Card): boolean {
  return a.title === b.title && a.url === b.url && a.image === b.image
}
