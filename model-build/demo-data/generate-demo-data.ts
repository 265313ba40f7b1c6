import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type DemoItem, generateCatalogue } from './catalogue.ts'
import { coverSvg } from './cover.ts'
import { DEMO_EVENTS, type DemoLog, simulateShoppers } from './shoppers.ts'

const ROWS_PER_CHUNK = 20_000

/** End of the default log: a fixed instant, so that the same seed gives the same bytes. */
export const DEMO_END_AT_MS = Date.UTC(2026, 5, 30, 22)

export const DEMO_DEFAULTS = {
  seed: 1,
  items: 3000,
  users: 6000,
  interactions: 200_000,
  days: 120,
  endAtMs: DEMO_END_AT_MS,
} as const

export type DemoDataOptions = {
  readonly outDir: string
  readonly seed?: number
  readonly items?: number
  readonly users?: number
  readonly interactions?: number
  readonly days?: number
  readonly endAtMs?: number
  /** Write one SVG per item into `covers/`; without, the image column is empty. */
  readonly covers?: boolean
}

export type DemoDataSummary = {
  readonly items: number
  readonly users: number
  readonly interactions: number
  readonly files: readonly string[]
}

/**
 * Generates a shop and its log into a directory: `items.csv`, `interactions.csv` and `covers/<item_id>.svg`. Same options, same bytes.
 * Addresses in the catalogue start at the site's root: `/item/<id>` and `/covers/<id>.svg`.
 */
export async function generateDemoData(options: DemoDataOptions): Promise<DemoDataSummary> {
  const resolved = { ...DEMO_DEFAULTS, covers: true, ...options }
  const items = generateCatalogue(resolved)
  const log = simulateShoppers(items, resolved)
  await mkdir(resolved.outDir, { recursive: true })
  const itemsFile = join(resolved.outDir, 'items.csv')
  const logFile = join(resolved.outDir, 'interactions.csv')
  await writeLines(
    itemsFile,
    'item_id,title,category,creator,url,image,price,created_at,tags,available',
    items.length,
    (row) => itemLine(items[row], resolved.covers),
  )
  await writeLines(logFile, 'user_id,item_id,timestamp,event,value', log.item.length, (row) =>
    eventLine(items, log, row),
  )
  if (resolved.covers) await writeCovers(join(resolved.outDir, 'covers'), items)
  return { items: items.length, users: resolved.users, interactions: log.item.length, files: [itemsFile, logFile] }
}

async function writeLines(path: string, header: string, count: number, line: (row: number) => string): Promise<void> {
  function* chunks(): Generator<string> {
    yield `${header}\n`
    for (let from = 0; from < count; from += ROWS_PER_CHUNK) {
      let chunk = ''
      for (let row = from; row < Math.min(count, from + ROWS_PER_CHUNK); row++) chunk += `${line(row)}\n`
      yield chunk
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(path))
}

function itemLine(item: DemoItem | undefined, covers: boolean): string {
  if (item === undefined) return ''
  const tags = [item.style, ...(item.series === '' ? [] : [item.series])].join('|')
  const created = new Date(item.createdAt).toISOString()
  const image = covers ? `/covers/${item.id}.svg` : ''
  const fields = [
    item.id,
    item.title,
    item.category,
    item.creator,
    `/item/${item.id}`,
    image,
    item.price.toFixed(2),
    created,
    tags,
    String(item.available),
  ]
  return fields.map(quoteField).join(',')
}

function eventLine(items: readonly DemoItem[], log: DemoLog, row: number): string {
  const item = items[log.item[row] ?? 0]
  const event = DEMO_EVENTS[log.event[row] ?? 0] ?? 'view'
  const value = event === 'purchase' ? (item?.price ?? 0).toFixed(2) : ''
  return `u${String(log.user[row]).padStart(6, '0')},${item?.id},${log.atSeconds[row]},${event},${value}`
}

function quoteField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

async function writeCovers(dir: string, items: readonly DemoItem[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  const parallel = 64
  for (let from = 0; from < items.length; from += parallel) {
    await Promise.all(
      items.slice(from, from + parallel).map((item) => writeFile(join(dir, `${item.id}.svg`), coverSvg(item))),
    )
  }
}
