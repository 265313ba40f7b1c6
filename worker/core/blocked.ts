import { ITEM_FLAG } from '#contract/columns'
import type { Manifest } from '#contract/manifest'
import type { Catalogue } from './catalogue.ts'
import type { Model } from './model.ts'

const GONE = 1
const RESTRICTED = 2

/** What must not come into a list; items by itemNo, since they need not be resident. */
export type BlockRules = {
  /** Usually the history and the items that the visitor hid; left out of every channel before its best are taken. */
  readonly items?: Iterable<number>
  /** Only these categories (dictionary indices). */
  readonly categories?: ReadonlySet<number>
  /** Major units; items without a price fail a limit. */
  readonly minPrice?: number
  readonly maxPrice?: number
  /** Lets items of the safety list through, where the page asks for it. */
  readonly allowRestricted?: boolean
}

/** Marks what no request may show: tombstones and unavailable items with 1, the safety list with 2. One byte per row. */
export function unavailableRows(manifest: Manifest, catalogue: Catalogue): Uint8Array {
  const { flags } = catalogue.columns
  const out = new Uint8Array(catalogue.rowCount)
  for (let row = 0; row < out.length; row++)
    out[row] =
      ((flags[row] & ITEM_FLAG.available) === 0 ? GONE : 0) |
      ((flags[row] & ITEM_FLAG.restricted) === 0 ? 0 : RESTRICTED)
  for (const itemNo of manifest.tombstones) {
    const row = catalogue.rowOf(itemNo)
    if (row >= 0) out[row] |= GONE
  }
  return out
}

/** The filter of one request. @returns A new array, one byte per row: 1 = must not be shown. */
export function createBlocked(model: Model, rules: BlockRules): Uint8Array {
  const { catalogue, unavailable } = model
  const mask = rules.allowRestricted === true ? GONE : GONE | RESTRICTED
  const blocked = new Uint8Array(catalogue.rowCount)
  for (let row = 0; row < blocked.length; row++) blocked[row] = (unavailable[row] & mask) === 0 ? 0 : 1
  if (rules.categories !== undefined) blockCategories(blocked, catalogue, rules.categories)
  if (rules.minPrice !== undefined || rules.maxPrice !== undefined) blockPrices(blocked, catalogue, rules)
  for (const itemNo of rules.items ?? []) {
    const row = catalogue.rowOf(itemNo)
    if (row >= 0) blocked[row] = 1
  }
  return blocked
}

function blockCategories(blocked: Uint8Array, { columns }: Catalogue, wanted: ReadonlySet<number>): void {
  for (let row = 0; row < blocked.length; row++) if (!wanted.has(columns.category[row])) blocked[row] = 1
}

function blockPrices(blocked: Uint8Array, { columns }: Catalogue, rules: BlockRules): void {
  const least = rules.minPrice ?? Number.NEGATIVE_INFINITY
  const most = rules.maxPrice ?? Number.POSITIVE_INFINITY
  for (let row = 0; row < blocked.length; row++) {
    const price = columns.price[row]
    if (!(price >= least && price <= most)) blocked[row] = 1
  }
}
