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

/** One byte per row: 1 where one of the bits is set. */
function rowsWith(unavailable: Uint8Array, mask: number): Uint8Array {
  const out = new Uint8Array(unavailable.length)
  for (let row = 0; row < out.length; row++) out[row] = (unavailable[row] & mask) === 0 ? 0 : 1
  return out
}

/** What a request without filters must not show, from `unavailableRows`: 1 for every mark. */
export function closedRows(unavailable: Uint8Array): Uint8Array {
  return rowsWith(unavailable, GONE | RESTRICTED)
}

/** The filter of one request. @returns A new array, one byte per row: 1 = must not be shown. */
export function createBlocked(model: Model, rules: BlockRules): Uint8Array {
  const { catalogue, unavailable } = model
  const blocked = rules.allowRestricted === true ? rowsWith(unavailable, GONE) : model.closed.slice()
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
