import { parseInstant } from '../ingest/catalogue-item.ts'
import { epochMs } from '../ingest/log-time.ts'

/** A record of a source: one JSON object, or one line of CSV by its column names. */
export type SourceRecord = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is SourceRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Values of a record by folded name; folding a name costs more than looking it up. */
const FOLDED = new WeakMap<SourceRecord, ReadonlyMap<string, unknown>>()

/** The value under the first of these names that holds something; names are compared without letter case, `_`, `-` and spaces. */
export function pick(record: SourceRecord, ...names: readonly string[]): unknown {
  const values = FOLDED.get(record) ?? foldRecord(record)
  for (const name of names) {
    const value = values.get(foldName(name))
    if (value !== undefined) return value
  }
  return undefined
}

function foldRecord(record: SourceRecord): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(record)) {
    const folded = foldName(name)
    if (hasContent(value) && !values.has(folded)) values.set(folded, value)
  }
  FOLDED.set(record, values)
  return values
}

function foldName(name: string): string {
  return name.toLowerCase().replace(/[_\s-]/g, '')
}

function hasContent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** An id as text; a number only where JSON kept all its digits. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim()
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  return undefined
}

/** A text; numbers as they are written, the first text of a list, undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim()
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return value.map(textOf).find((text) => text !== undefined)
  return undefined
}

/** Texts of a list, of a JSON list in a text, or of a text with `separators` between them. */
export function textsOf(value: unknown, separators: RegExp = /\|/): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => textOf(entry) ?? [])
  if (isRecord(value)) return Object.values(value).flatMap((entry) => textsOf(entry, separators))
  const text = textOf(value)
  if (text === undefined) return []
  const list = text.startsWith('[') ? jsonOf(text) : undefined
  if (Array.isArray(list)) return textsOf(list, separators)
  return text.split(separators).flatMap((part) => textOf(part) ?? [])
}

/** JSON inside a text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Milliseconds of an ISO text or of an epoch number of any unit (also written as text); NaN where there is none. */
export function timeOf(value: unknown): number {
  if (typeof value === 'number') return value > 0 ? Math.round(epochMs(value)) : Number.NaN
  const text = textOf(value)
  if (text === undefined) return Number.NaN
  if (/^\d+(\.\d+)?$/.test(text) && !/^\d{4}$|^\d{8}$/.test(text)) return Math.round(epochMs(Number(text)))
  return parseInstant(text)
}

/** A price: a number, or a text such as `12.50 USD` or `1.234,50 €`; undefined for anything else. */
export function priceOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  if (isRecord(value)) return priceOf(pick(value, 'value', 'amount', 'price'))
  const match = /(\d[\d.,\u0020\u00a0']*)/.exec(textOf(value) ?? '')
  if (match === null) return undefined
  const digits = (match[1] ?? '').replace(/[\s\u00a0']/g, '').replace(/[.,]$/, '')
  const number = Number(digits.replace(/[.,](?=\d{3}(?:[.,]|$))/g, '').replace(',', '.'))
  return Number.isFinite(number) ? number : undefined
}

/** A truth value; undefined where it is none. */
export function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = textOf(value)?.toLowerCase().replaceAll('_', ' ')
  if (text === undefined) return undefined
  if (/^(?:true|1|yes|y|in ?stock|available|preorder|backorder|limited ?availability)$/.test(text)) return true
  if (/^(?:false|0|no|n|out ?of ?stock|unavailable|sold ?out|discontinued)$/.test(text)) return false
  return undefined
}
