import { basename } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { isItemId } from '#contract/limits'
import { ReasonCounts } from '../ingest/report.ts'
import { readRecords } from './read-records.ts'
import type { InteractionRow, ItemRow } from './rows.ts'
import type { ImportSource, RefusalReason, Sink, SkipReason } from './source.ts'
import { isRecord } from './values.ts'

/** Longest user id that is taken. Characters. */
const MAX_USER_ID = 256

/** What one file gave. */
export type FileReport = {
  readonly file: string
  readonly records: number
  readonly interactions: number
  readonly items: number
  readonly refused: Readonly<Record<string, number>>
  readonly skipped: Readonly<Record<string, number>>
}

export type ImportOptions = {
  readonly files: readonly string[]
  readonly source: ImportSource
  /** The caller's names for events, lower case -> ours; they win over the source's. */
  readonly events: Readonly<Record<string, string>>
  readonly impressions: boolean
  readonly interaction: (row: InteractionRow) => void
  /** Told of each refused record; `record` counts from 1 within its file, 0 for lines that no reader could place. */
  readonly refused: (entry: { readonly file: string; readonly record: number; readonly reason: RefusalReason }) => void
  /** Asked after each record: settles when more rows may come. */
  readonly wait: () => Promise<unknown> | undefined
  readonly onFile: (done: number) => void
}

/** Reads files of another system. @returns Items by id, in order of first appearance, and a report of each file. */
export async function importFiles(
  connection: DuckDBConnection,
  options: ImportOptions,
): Promise<{ readonly items: ReadonlyMap<string, ItemRow>; readonly files: readonly FileReport[] }> {
  const items = new ItemTable()
  const files: FileReport[] = []
  for (const [index, path] of options.files.entries()) {
    files.push(await importFile(connection, path, items, options))
    options.onFile(index + 1)
  }
  return { items: items.rows, files }
}

async function importFile(
  connection: DuckDBConnection,
  path: string,
  items: ItemTable,
  options: ImportOptions,
): Promise<FileReport> {
  const { source } = options
  const file = basename(path)
  const refused = new ReasonCounts<RefusalReason>()
  const skipped = new ReasonCounts<SkipReason>()
  const counts = { records: 0, interactions: 0, items: 0 }
  let record = 0
  const refuse = (reason: RefusalReason) => {
    refused.add(reason)
    options.refused({ file, record, reason })
  }
  const sink: Sink = {
    refuse,
    skip: (reason) => skipped.add(reason),
    interaction: (row) => {
      if (!isItemId(row.item) || !isUserId(row.user)) return refuse('id-not-usable')
      counts.interactions++
      options.interaction({ ...row, event: nameEvent(row.event, options) })
    },
    item: (row, at) => {
      if (!isItemId(row.id)) return refuse('id-not-usable')
      counts.items++
      items.add(row, at)
    },
  }
  const place = { fileName: file.toLowerCase(), impressions: options.impressions }
  const lost = (lines: number) => {
    for (let line = 0; line < lines; line++) refuse('malformed-record')
  }
  for await (const found of readRecords(connection, path, lost)) {
    record = found.record
    for (const value of isRecord(found.value) ? (source.unwrap?.(found.value) ?? [found.value]) : [found.value]) {
      counts.records++
      if (isRecord(value)) source.read(value, sink, place)
      else refuse('malformed-record')
    }
    const busy = options.wait()
    if (busy !== undefined) await busy
  }
  return { file, ...counts, refused: refused.toRecord(), skipped: skipped.toRecord() }
}

function isUserId(id: string): boolean {
  return id.length <= MAX_USER_ID && !/\p{Cc}/u.test(id)
}

function nameEvent(name: string, { events, source }: ImportOptions): string {
  const lower = name.trim().toLowerCase()
  const known = Object.hasOwn(events, lower) ? events[lower] : undefined
  return known ?? (Object.hasOwn(source.events, lower) ? source.events[lower] : undefined) ?? lower
}

/** Items by id; what a later row leaves open stays as it was. */
class ItemTable {
  readonly rows = new Map<string, ItemRow>()
  readonly #newest = new Map<string, number>()

  add(row: ItemRow, at?: number): void {
    const before = this.rows.get(row.id)
    const newest = this.#newest.get(row.id)
    const isLate = at !== undefined && newest !== undefined && at < newest
    this.rows.set(row.id, isLate ? { ...row, ...given(before) } : { ...before, ...given(row), id: row.id })
    if (at !== undefined && !isLate) this.#newest.set(row.id, at)
  }
}

/** The fields that say something. */
function given(row: ItemRow | undefined): Partial<ItemRow> {
  const entries = Object.entries(row ?? {}).filter(
    ([, value]) => value !== undefined && !Number.isNaN(value) && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(entries)
}
