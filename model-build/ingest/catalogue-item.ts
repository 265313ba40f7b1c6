import { isItemId } from '#contract/limits'
import type { CatalogueItem } from '../dataset.ts'
import { classifyShelves } from './book-genres.ts'
import type { LayoutName } from './layouts.ts'
import { compactDateMs, epochMs } from './log-time.ts'
import type { ReasonCounts } from './report.ts'

/** Longest text kept of a title, category or tag; longest address. Characters. */
const MAX_TEXT = 300
const MAX_URL = 2000

/** Tags kept per item. */
const MAX_TAGS = 32

const NO = new Set(['false', '0', 'no', 'n', 'f', 'off', 'unavailable', 'out_of_stock', 'out of stock', 'sold out'])

/** Fields of one row of an items file, as text; null where absent. */
export type ItemFields = {
  readonly [K in
    | 'id'
    | 'title'
    | 'category'
    | 'url'
    | 'image'
    | 'price'
    | 'createdAt'
    | 'tags'
    | 'available'
    | 'year'
    | 'authors']: string | null
}

/**
 * Makes a catalogue item of a row's texts; what cannot be used is left empty and counted.
 * @returns undefined, counted in `dropped`, when the id cannot be one.
 */
export function parseItem(
  fields: ItemFields,
  layout: Exclude<LayoutName, 'auto'>,
  counts: { readonly dropped: ReasonCounts<string>; readonly flagged: ReasonCounts<string> },
): CatalogueItem | undefined {
  const id = fields.id ?? ''
  if (!isItemId(id)) {
    counts.dropped.add(id === '' ? 'missing-item' : 'id-not-usable')
    return undefined
  }
  const flag = (reason: string) => counts.flagged.add(reason)
  const title = cleanText(fields.title)
  const base = {
    id,
    title,
    url: parseLink(fields.url, flag),
    image: parseLink(fields.image, flag),
    price: parsePrice(fields.price, flag),
    createdAt: parseCreated(fields, title, layout, flag),
    available: !NO.has((fields.available ?? '').trim().toLowerCase()),
  }
  return { ...base, ...classify(fields, layout) }
}

function classify(fields: ItemFields, layout: Exclude<LayoutName, 'auto'>): { category: string; tags: string[] } {
  const tags = splitTags(fields.tags)
  if (layout === 'movielens') {
    const genres = tags.filter((tag) => tag !== '(no genres listed)')
    return { category: genres[0] ?? '', tags: genres }
  }
  if (layout === 'goodbooks') {
    const { category, tags: families } = classifyShelves(tags)
    const authors = (fields.authors ?? '')
      .split(',')
      .map(cleanText)
      .filter((name) => name !== '')
    return { category, tags: [...new Set([...authors.slice(0, 2), ...families])] }
  }
  const author = cleanText(fields.authors)
  return {
    category: cleanText(fields.category),
    tags: author === '' ? tags : [...new Set([author, ...tags])].slice(0, MAX_TAGS),
  }
}

/** Splits tags written as a JSON array or with bars, semicolons or commas between them; repeats and empty ones go. */
export function splitTags(text: string | null): string[] {
  const trimmed = (text ?? '').trim()
  const parts = trimmed.startsWith('[')
    ? parseTagArray(trimmed)
    : trimmed.split(/\|/.test(trimmed) ? '|' : /;/.test(trimmed) ? ';' : ',')
  return [...new Set(parts.map(cleanText).filter((tag) => tag !== ''))].slice(0, MAX_TAGS)
}

function parseTagArray(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value))
      return value.filter((tag) => typeof tag === 'string' || typeof tag === 'number').map(String)
  } catch {
    // Not JSON after all, such as "[a, b]": read between the brackets.
  }
  return text.replace(/^\[|\]$/g, '').split(',')
}

/** A text on one line without control characters, at most MAX_TEXT characters. */
function cleanText(text: string | null): string {
  return (text ?? '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT)
}

/** Web addresses and paths only: a link from a catalogue ends up in a page. */
function parseLink(text: string | null, flag: (reason: string) => void): string {
  const link = cleanLink(text)
  if (link === '') return ''
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(link)?.[0].toLowerCase()
  if ((scheme !== undefined && scheme !== 'https:' && scheme !== 'http:') || link.length > MAX_URL) {
    flag('unsafe-address')
    return ''
  }
  return link
}

function cleanLink(text: string | null): string {
  return (text ?? '').replace(/[\p{Cc} ]/gu, '')
}

function parsePrice(text: string | null, flag: (reason: string) => void): number {
  const trimmed = (text ?? '').trim()
  if (trimmed === '') return Number.NaN
  const price = Number(trimmed.replace(/^[$€£]\s*|\s*[$€£]$/g, ''))
  if (Number.isFinite(price) && price >= 0 && price <= 1e9) return price
  flag('absurd-price')
  return Number.NaN
}

function parseCreated(fields: ItemFields, title: string, layout: LayoutName, flag: (reason: string) => void): number {
  const text = (fields.createdAt ?? '').trim()
  if (text !== '') {
    const created = parseInstant(text)
    if (Number.isNaN(created)) flag('unreadable-created-at')
    return created
  }
  const year = layout === 'movielens' ? /\((\d{4})\)\s*$/.exec(title)?.[1] : fields.year
  const number = Number.parseFloat(year ?? '')
  return number >= 1000 && number <= 2100 ? Date.UTC(Math.trunc(number), 0, 1) : Number.NaN
}

/** Milliseconds of an ISO text (no zone is UTC), an epoch number of any unit, a date 20240131 or a year; NaN for anything else. */
export function parseInstant(text: string): number {
  if (/^\d{4}$/.test(text)) return Date.UTC(Number(text), 0, 1)
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text)
    const compact = compactDateMs(number)
    return Number.isNaN(compact) ? epochMs(number) : compact
  }
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(text)
  if (match === null) return Number.NaN
  const zone = match[3] === undefined || match[3] === 'UTC' ? 'Z' : match[3].length === 3 ? `${match[3]}:00` : match[3]
  return Date.parse(`${match[1]}T${match[2] ?? '00:00'}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`)
}
