import { UNKNOWN_U16 } from '#contract/columns'
import type { Manifest, PublicList } from '#contract/manifest'
import type { Catalogue } from './catalogue.ts'

/** Rows of a fallback list made from columns. */
const FALLBACK_ROWS = 500

/** Resident rows of the lists that need no history, best first. */
export type PublicRows = {
  /** Every row: the manifest's list, then the rest by the popularity column, ties by ascending itemNo. */
  readonly popular: Int32Array
  readonly trending: Int32Array
  readonly fresh: Int32Array
}

/** Resolves the manifest's lists to rows; where a list is absent, the columns stand in (trending above 0, known creation day). */
export function publicRows(manifest: Manifest, catalogue: Catalogue): PublicRows {
  const { columns } = catalogue
  const listed = (scene: PublicList['scene']): Int32Array | null => {
    const list = manifest.lists.find((entry) => entry.scene === scene)
    if (list === undefined) return null
    return Int32Array.from(new Set(list.items.map((itemNo) => catalogue.rowOf(itemNo)).filter((row) => row >= 0)))
  }
  const byColumn = (value: (row: number) => number): Int32Array => {
    const rows = [...catalogue.rowsByItemNo].filter((row) => value(row) > 0)
    return Int32Array.from(rows.sort((a, b) => value(b) - value(a))).slice(0, FALLBACK_ROWS)
  }
  return {
    popular: popularFirst(catalogue, listed('popular') ?? new Int32Array(0)),
    trending: listed('trending') ?? byColumn((row) => columns.trending[row]),
    fresh:
      listed('fresh') ?? byColumn((row) => (columns.createdDay[row] === UNKNOWN_U16 ? 0 : columns.createdDay[row] + 1)),
  }
}

function popularFirst({ rowCount, rowsByItemNo, columns }: Catalogue, listed: Int32Array): Int32Array {
  const out = new Int32Array(rowCount)
  const isListed = new Uint8Array(rowCount)
  out.set(listed)
  for (const row of listed) isListed[row] = 1
  const starts = new Int32Array(257)
  for (let row = 0; row < rowCount; row++) if (isListed[row] === 0) starts[256 - columns.popularity[row]]++
  let end = listed.length
  for (let b = 0; b < 257; b++) {
    const count = starts[b]
    starts[b] = end
    end += count
  }
  for (const row of rowsByItemNo) if (isListed[row] === 0) out[starts[256 - columns.popularity[row]]++] = row
  return out
}
