import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import type { ImportRequest, StepIo, StepResult } from '../commands/requests.ts'
import { DEFAULTS } from '../config/defaults.ts'
import { ALGOLIA } from '../import/algolia.ts'
import { GORSE } from '../import/gorse.ts'
import { type FileReport, importFiles } from '../import/import-files.ts'
import { LineFile } from '../import/line-file.ts'
import { METARANK } from '../import/metarank.ts'
import { PERSONALIZE } from '../import/personalize.ts'
import { RECOMBEE } from '../import/recombee.ts'
import { INTERACTION_COLUMNS, ITEM_COLUMNS, interactionLine, itemLine } from '../import/rows.ts'
import type { ImportSource } from '../import/source.ts'
import { writeParquet } from '../import/write-parquet.ts'
import { withDatabase } from '../ingest/database.ts'
import { createEventTable } from '../ingest/events.ts'
import { expandFiles } from '../ingest/find-files.ts'
import { replaceFile } from '../release/release-dir.ts'

const SOURCES: Readonly<Record<ImportRequest['source'], ImportSource>> = {
  gorse: GORSE,
  metarank: METARANK,
  algolia: ALGOLIA,
  recombee: RECOMBEE,
  personalize: PERSONALIZE,
}

/** Refused records that are listed; all are counted. */
const LISTED_REFUSALS = 10_000

/** What a log's rows were, in sum. */
type LogSummary = { rows: number; users: Set<string>; from: number; to: number; events: Map<string, number> }

/** Body of `pocketshelf import`: reads every file, writes what can be used, and says what could not. */
export async function importData(request: ImportRequest, io: StepIo): Promise<StepResult> {
  const files = expandFiles(request.files)
  await mkdir(request.outDir, { recursive: true })
  return withDatabase(DEFAULTS.input, (connection) => importInto(connection, { ...request, files }, io))
}

async function importInto(connection: DuckDBConnection, request: ImportRequest, io: StepIo): Promise<StepResult> {
  const at = (name: string) => join(request.outDir, name)
  const log = new LineFile(at('interactions.csv'), INTERACTION_COLUMNS.join(','))
  const refusals = new LineFile(at('refused.jsonl'))
  const seen: LogSummary = { rows: 0, users: new Set(), from: Number.NaN, to: Number.NaN, events: new Map() }
  const stage = io.stage(`read ${request.source} files`)
  try {
    const { items, files } = await importFiles(connection, {
      ...request,
      source: SOURCES[request.source],
      interaction: (row) => {
        noteRow(seen, row)
        log.add(interactionLine(row))
      },
      refused: (entry) => {
        if (refusals.lines < LISTED_REFUSALS) refusals.add(JSON.stringify(entry))
      },
      wait: () => {
        io.signal.throwIfAborted()
        return log.wait()
      },
      onFile: (done) => stage(done / request.files.length),
    })
    if (log.lines === 0 && items.size === 0) throw nothingFound(request, files)
    const catalogue = new LineFile(at('items.csv'), ITEM_COLUMNS.join(','))
    for (const row of items.values()) catalogue.add(itemLine(row))
    const kept = [log, catalogue, refusals].filter(({ lines }) => lines > 0)
    await Promise.all([log, catalogue, refusals].map((file) => (file.lines > 0 ? file.close() : drop(file))))
    const written = kept.map(({ path }) => path)
    if (request.format === 'parquet') await toParquet(connection, request, written)
    return finish(request, { files, seen, items: items.size }, io)
  } catch (error) {
    await Promise.all([log.discard(), refusals.discard()])
    throw error
  }
}

/** A file of an earlier import would be taken for one of this. */
async function drop(file: LineFile): Promise<void> {
  await file.discard()
  await rm(file.path, { force: true })
}

async function toParquet(
  connection: DuckDBConnection,
  { outDir }: ImportRequest,
  written: readonly string[],
): Promise<void> {
  for (const name of ['interactions', 'items'] as const) {
    const csv = join(outDir, `${name}.csv`)
    await rm(join(outDir, `${name}.parquet`), { force: true })
    if (!written.includes(csv)) continue
    await writeParquet(connection, name, csv, join(outDir, `${name}.parquet`))
    await rm(csv)
  }
}

function noteRow(seen: LogSummary, row: { readonly user: string; readonly at: number; readonly event: string }): void {
  seen.rows++
  seen.users.add(row.user)
  seen.events.set(row.event, (seen.events.get(row.event) ?? 0) + 1)
  if (Number.isNaN(row.at)) return
  seen.from = Number.isNaN(seen.from) ? row.at : Math.min(seen.from, row.at)
  seen.to = Number.isNaN(seen.to) ? row.at : Math.max(seen.to, row.at)
}

function nothingFound(request: ImportRequest, files: readonly FileReport[]): RecError {
  const refused = files.reduce((sum, file) => sum + total(file.refused), 0)
  const reasons = [...new Set(files.flatMap((file) => Object.keys(file.refused)))].join(', ')
  const why = reasons === '' ? 'they hold no record' : `every record was refused: ${reasons}`
  return new RecError('input-malformed', `no usable row in these ${request.source} files; ${why}`, { refused })
}

type Found = { readonly files: readonly FileReport[]; readonly seen: LogSummary; readonly items: number }

async function finish(request: ImportRequest, { files, seen, items }: Found, io: StepIo): Promise<StepResult> {
  const refused = files.reduce((sum, file) => sum + total(file.refused), 0)
  const events = Object.fromEntries([...seen.events].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)))
  const known = createEventTable(DEFAULTS.events).codes
  const unknownEvents = Object.keys(events).filter((name) => !known.has(name))
  const time = (at: number) => (Number.isNaN(at) ? null : new Date(at).toISOString())
  const summary = {
    source: request.source,
    out: request.outDir,
    format: request.format,
    interactions: seen.rows,
    users: seen.users.size,
    items,
    from: time(seen.from),
    to: time(seen.to),
    events,
    unknownEvents,
    refused,
    files,
  }
  if (unknownEvents.length > 0)
    io.warn(`unknown events count as a view each; name them with --event: ${unknownEvents.slice(0, 10).join(', ')}`)
  if (refused > 0)
    io.warn(`${refused} records were refused; ${join(request.outDir, 'refused.jsonl')} says which and why`)
  await replaceFile(join(request.outDir, 'import-report.json'), `${JSON.stringify(summary, null, 2)}\n`)
  return {
    summary,
    lines: [
      `${seen.rows} interactions of ${seen.users.size} users, ${items} items, ${refused} records refused`,
      `next: pocketshelf build --data ${request.outDir} --out release`,
    ],
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
