import { compactDateMs, epochMs } from '../ingest/log-time.ts'
import type { TextColumn } from './text-table.ts'

/** A column as numbers; NaN where there is no value. One entry per owner (row, user or item). */
export type NumberColumn = { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }

/** A column as sets of values: owner o has codes `offsets[o] … offsets[o + 1] - 1`; a plain category has at most one each. */
export type CategoryColumn = {
  readonly name: string
  readonly kind: 'category'
  readonly offsets: Int32Array
  readonly codes: Int32Array
  /** Number of distinct codes. */
  readonly size: number
}

/** Integer columns with at most this many distinct values are categories as well. */
const MOST_INTEGERS = 1000
/** A category in which more than this share of the owners stand alone says no more than who the owner is. */
const UNIQUE_SHARE = 0.8
/** Share of texts that must have a form for the column to have it. */
const FORM_SHARE = 0.95
/** Below this share of owners with `|` in their value it is no separator. */
const SEPARATOR_SHARE = 0.01
/** Distinct values up to which a unique-looking category is kept. */
const ALWAYS_KEPT = 50

/**
 * Tells what a column holds: numbers, times (as milliseconds), categories, sets split on `|` (or JSON lists). Small whole numbers are both
 * number and category. A text that is nearly one of a kind for each owner is left out, but for a year in brackets at its end.
 * @param isOwnersTable - Whether rows are users or items, where a unique text says no more than the id.
 */
export function typeColumn(column: TextColumn, isOwnersTable: boolean): (NumberColumn | CategoryColumn)[] {
  const { name, codes, texts } = column
  if (texts.length < 2) return []
  const counts = new Float64Array(texts.length)
  for (const code of codes) if (code >= 0) counts[code]++
  const known = counts.reduce((sum, count) => sum + count, 0)
  const shareOf = (test: (text: string) => boolean) =>
    texts.reduce((sum, text, code) => (test(text) ? sum + counts[code] : sum), 0) / known
  if (shareOf((text) => isNumber(text)) >= FORM_SHARE) return numeric(column, isOwnersTable)
  if (shareOf((text) => !Number.isNaN(parseTime(text))) >= FORM_SHARE)
    return [{ name, kind: 'number', values: spread(codes, texts.map(parseTime)) }]
  if (shareOf((text) => text.includes('|') || text.startsWith('[')) >= SEPARATOR_SHARE)
    return [toCategory(name, codes, texts.map(splitSet))]
  if (isOwnersTable && texts.length > ALWAYS_KEPT && texts.length > UNIQUE_SHARE * known)
    return yearAtEnd(column, shareOf)
  return [
    toCategory(
      name,
      codes,
      texts.map((text) => [text]),
    ),
  ]
}

function numeric(column: TextColumn, isOwnersTable: boolean): (NumberColumn | CategoryColumn)[] {
  const { name, codes, texts } = column
  const numbers = texts.map((text) => (isNumber(text) ? Number(text) : Number.NaN))
  const asNumber = { name, kind: 'number', values: spread(codes, numbers) } as const
  const isWhole = numbers.every((value) => Number.isNaN(value) || Number.isInteger(value))
  const known = codes.reduce((sum, code) => sum + (code >= 0 ? 1 : 0), 0)
  const isRepeated = texts.length <= MOST_INTEGERS || texts.length < 0.05 * known
  const isId = isOwnersTable && texts.length > ALWAYS_KEPT && texts.length > UNIQUE_SHARE * known
  if (!isWhole || !isRepeated || isId) return [asNumber]
  return [
    asNumber,
    toCategory(
      name,
      codes,
      texts.map((text) => [text]),
    ),
  ]
}

function yearAtEnd(
  { name, codes, texts }: TextColumn,
  shareOf: (test: (text: string) => boolean) => number,
): NumberColumn[] {
  const form = /\((\d{4})\)\s*"?$/
  if (shareOf((text) => form.test(text)) < 0.8) return []
  const years = texts.map((text) => Number(form.exec(text)?.[1] ?? Number.NaN))
  return [{ name: `${name} year`, kind: 'number', values: spread(codes, years) }]
}

/** Sets of texts as a category column; equal texts share a code. */
function toCategory(name: string, rows: Int32Array, sets: readonly (readonly string[])[]): CategoryColumn {
  const numbers = new Map<string, number>()
  const coded = sets.map((set) =>
    [...new Set(set)].map((text) => {
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, numbers.size)
      return numbers.size - 1
    }),
  )
  const offsets = new Int32Array(rows.length + 1)
  for (let r = 0; r < rows.length; r++) offsets[r + 1] = offsets[r] + (rows[r] < 0 ? 0 : coded[rows[r]].length)
  const codes = new Int32Array(offsets[rows.length])
  for (let r = 0; r < rows.length; r++) if (rows[r] >= 0) codes.set(coded[rows[r]], offsets[r])
  return { name, kind: 'category', offsets, codes, size: numbers.size }
}

function splitSet(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text.replaceAll("'", '"'))
      if (Array.isArray(list)) return list.map(String)
    } catch {
      // No JSON list: read it as plain text.
    }
  }
  return text
    .split('|')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function spread(codes: Int32Array, byText: readonly number[]): Float64Array {
  return Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : byText[code]))
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text))
}

/** Milliseconds of a time written as text, a time without zone being UTC; NaN when it is none. */
export function parseTime(text: string): number {
  if (!/^\d{4}-\d\d/.test(text)) return Number.NaN
  const zoned = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
  return Date.parse(zoned ? `${text.replace(' ', 'T')}Z` : text)
}

/** When rows happened: `key` sorts them (NaN where unknown); `isReal` when it is milliseconds since the epoch. */
export type RowTimes = { readonly key: Float64Array; readonly isReal: boolean }

/** Reads a column of times: text, seconds … nanoseconds, 20240131, or any ascending number. Constant or mostly absent times are none. */
export function readTimes(column: TextColumn | undefined, rowCount: number): RowTimes {
  const nothing = { key: new Float64Array(rowCount).fill(Number.NaN), isReal: false }
  if (column === undefined) return nothing
  const raw = column.texts.map((text) => (isNumber(text) ? Number(text) : parseTime(text)))
  const isText = column.texts.some((text) => !isNumber(text))
  const sorted = Float64Array.from(raw)
    .filter((value) => !Number.isNaN(value))
    .sort()
  if (sorted.length < 2 || sorted[0] === sorted[sorted.length - 1]) return nothing
  const isCompact = !isText && sorted.every((value) => !Number.isNaN(compactDateMs(value)))
  const middle = isText ? sorted[sorted.length >> 1] : epochMs(sorted[sorted.length >> 1])
  const isReal = isCompact || (middle >= Date.UTC(1990, 0) && middle < Date.UTC(2100, 0))
  const toKey = isCompact ? compactDateMs : isReal && !isText ? epochMs : (value: number) => value
  const key = spread(column.codes, raw.map(toKey))
  const known = key.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0)
  return known < rowCount / 2 ? nothing : { key, isReal }
}
