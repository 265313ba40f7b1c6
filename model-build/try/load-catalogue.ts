import { open } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { isItemId } from '#contract/limits'
import { itemOfAttributes } from '../import/item-attributes.ts'
import { readRecords } from '../import/read-records.ts'
import type { ItemRow } from '../import/rows.ts'
import { idOf, isRecord, jsonOf, pick } from '../import/values.ts'
import { readHtml, readJsonLd } from './json-ld.ts'
import { PoliteFetcher } from './polite-fetch.ts'
import { readFeed } from './product-feed.ts'
import { decodeText, MAX_FEED_BYTES, tooLarge } from './read-text.ts'
import { parseXml } from './read-xml.ts'
import { readSitemap, type SitemapLimits } from './sitemap.ts'

const TABLE = /\.(?:csv|tsv|jsonl|ndjson|parquet|pq)(?:\.gz)?$/i

export type CatalogueOptions = SitemapLimits & {
  readonly connection: DuckDBConnection
  readonly signal: AbortSignal
  /** 0…1 of the pages of a sitemap. */
  readonly onProgress: (share: number) => void
}

/** Items by id, the first of each winning, and what could not be used. */
export type FoundCatalogue = {
  readonly kind: 'table' | 'feed' | 'sitemap' | 'json-ld'
  readonly items: ReadonlyMap<string, ItemRow>
  readonly refused: number
}

/**
 * Reads the catalogue behind a name: a table file, or a feed, sitemap, JSON-LD or HTML page, local or at an address; what it is, its
 * content says.
 * @throws RecError `input-missing`, `input-malformed` or `too-large`.
 */
export async function loadCatalogue(name: string, options: CatalogueOptions): Promise<FoundCatalogue> {
  const url = /^https?:\/\//i.test(name) && URL.canParse(name) ? new URL(name) : null
  if (url === null && TABLE.test(name)) return gather('table', await readTable(name, options.connection))
  const fetcher = new PoliteFetcher(options.signal)
  const bytes = url === null ? await readLocal(name) : await fetcher.feed(url)
  const text = decodeText(bytes, name)
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (text.startsWith('{') || text.startsWith('[')) return gather('json-ld', readJson(text, name))
  if (/^(?:<!doctype html|<html)/i.test(text)) return gather('json-ld', readHtml(text, url?.href))
  if (!text.startsWith('<'))
    throw new RecError('input-malformed', `${name} is neither XML, JSON, HTML nor a .csv, .jsonl or .parquet file`)
  const document = parseXml(text, name)
  if (document.urlset !== undefined || document.sitemapindex !== undefined)
    return gather('sitemap', await readSitemap(document, fetcher, options))
  const rows = readFeed(document)
  if (rows === undefined)
    throw new RecError('input-malformed', `${name} is XML, but no RSS, Atom, product list or sitemap`)
  return gather('feed', rows)
}

function gather(kind: FoundCatalogue['kind'], rows: readonly (ItemRow | undefined)[]): FoundCatalogue {
  const items = new Map<string, ItemRow>()
  let refused = 0
  for (const row of rows) {
    if (row === undefined || !isItemId(row.id)) refused++
    else if (!items.has(row.id)) items.set(row.id, row)
  }
  return { kind, items, refused }
}

async function readLocal(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path)
    if ((await file.stat()).size > MAX_FEED_BYTES) throw tooLarge(path)
    return await file.readFile()
  } catch (cause) {
    if (cause instanceof RecError) throw cause
    throw new RecError('input-missing', `cannot read ${path}`, {}, { cause })
  }
}

/** Shops' own exports: any table with an id and a title under one of their usual names. */
async function readTable(path: string, connection: DuckDBConnection): Promise<(ItemRow | undefined)[]> {
  const rows: (ItemRow | undefined)[] = []
  const lost = (lines: number) => {
    for (let line = 0; line < lines; line++) rows.push(undefined)
  }
  for await (const { value } of readRecords(connection, path, lost))
    rows.push(isRecord(value) ? tableRow(value) : undefined)
  return rows
}

function tableRow(record: Readonly<Record<string, unknown>>): ItemRow | undefined {
  const id = idOf(
    pick(record, 'item_id', 'id', 'product_id', 'sku', 'variant_sku', 'handle', 'objectID', 'book_id', 'url', 'link'),
  )
  if (id === undefined) return undefined
  const shop = {
    price: pick(record, 'variantPrice', 'regularPrice'),
    image: pick(record, 'imageSrc'),
    brand: record.Vendor,
  }
  return itemOfAttributes(id, { ...withContent(shop), category: record.Type, ...record })
}

function withContent(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null))
}

/** JSON-LD, or a list of objects with ids such as shops' APIs give. */
function readJson(text: string, name: string): (ItemRow | undefined)[] {
  const value = jsonOf(text)
  if (value === undefined) throw new RecError('input-malformed', `${name} is not valid JSON`)
  const linked = readJsonLd(value)
  if (linked.length > 0) return linked
  const lists = isRecord(value) ? Object.values(value).filter(Array.isArray) : [value]
  const list: unknown = lists[0]
  return Array.isArray(list) ? list.map((one) => (isRecord(one) ? tableRow(one) : undefined)) : []
}
