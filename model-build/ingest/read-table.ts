import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { parseCsvLine } from './csv-line.ts'
import { sqlText } from './sql.ts'
import { type QuoteMode, scanSql, type TableSource } from './table-source.ts'

/** DuckDB keeps this much of a refused line; a longer one cannot be put right. */
const KEPT_LINE_CHARS = 9_999

/** Rows put right in one statement. */
const RESCUE_BATCH = 500

export type ReadTableOptions = {
  readonly maxLineBytes: number
  /** Columns a row must have to be worth saving. */
  readonly required: readonly string[]
  /** Whether rows with more fields than the header are used (the extra ones cut off) or counted as malformed. */
  readonly keepLongRows: boolean
}

/**
 * Copies a source's rows into a table, in file order. Rows the CSV reader refuses are put right where that is possible (missing trailing
 * fields, quoted commas) and follow at the end. A file whose quotes do not match is read again line by line if that gives more rows, so
 * that one stray quote costs one row and not all that follow it.
 * @param select - Makes the SELECT list for a quote mode.
 * @returns How many lines could not be used.
 * @throws RecError `input-malformed` when the file as a whole cannot be read.
 */
export async function insertSource(
  connection: DuckDBConnection,
  target: { readonly table: string; readonly select: (quotes: QuoteMode) => string },
  source: TableSource,
  options: ReadTableOptions,
): Promise<number> {
  const { table, select } = target
  const insert = (quotes: QuoteMode) =>
    runScan(
      connection,
      source,
      `INSERT INTO ${table} SELECT ${select(quotes)} FROM ${scanSql(source, quotes, options.maxLineBytes)}`,
    )
  if (source.format !== 'csv') {
    await insert('standard')
    return 0
  }
  const start = await readNumber(connection, `SELECT coalesce(max(rowid) + 1, 0) FROM ${table}`)
  const read = async (quotes: QuoteMode) => {
    await connection.run(`DELETE FROM ${table} WHERE rowid >= ${start}`)
    await dropRejects(connection)
    await insert(quotes)
    return readNumber(connection, `SELECT count(*) FROM ${table} WHERE rowid >= ${start}`)
  }
  try {
    const standard = await read('standard')
    // Line by line loses rows with line breaks inside quotes: where those are many, the standard reading stays the better one.
    if ((await hasBrokenQuotes(connection)) && (await read('none')) < standard) await read('standard')
  } catch (thrown) {
    if (!(thrown instanceof RecError) || !isOfMixedLines(thrown)) throw thrown
    await read('mixed-lines')
  }
  const lost = await rescueRows(connection, target, source, options)
  await dropRejects(connection)
  return lost
}

/** What DuckDB says of a file some of whose lines end in a carriage return and some not. */
function isOfMixedLines({ message }: RecError): boolean {
  return message.includes('state machine reached an invalid state')
}

async function runScan(connection: DuckDBConnection, source: TableSource, sql: string): Promise<void> {
  try {
    await connection.run(sql)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n').slice(0, 2).join(' ') : String(cause)
    throw new RecError('input-malformed', `${source.path} cannot be read: ${reason}`, {}, { cause })
  }
}

async function dropRejects(connection: DuckDBConnection): Promise<void> {
  await connection.run('DROP TABLE IF EXISTS reject_errors')
  await connection.run('DROP TABLE IF EXISTS reject_scans')
}

async function hasBrokenQuotes(connection: DuckDBConnection): Promise<boolean> {
  const sql = `SELECT count(*) FROM reject_errors WHERE error_type = 'UNQUOTED VALUE' OR contains(rtrim(csv_line, chr(10) || chr(13)), chr(10))`
  return (await readNumber(connection, sql)) > 0
}

/** Puts refused lines right, inserts them and returns how many stay lost. */
async function rescueRows(
  connection: DuckDBConnection,
  target: { readonly table: string; readonly select: (quotes: QuoteMode) => string },
  source: TableSource,
  options: ReadTableOptions,
): Promise<number> {
  let lost = 0
  let batch: string[] = []
  const names = source.columns.map((_, index) => `c${index}`).join(', ')
  const flush = async () => {
    if (batch.length === 0) return
    await connection.run(
      `INSERT INTO ${target.table} SELECT ${target.select('standard')} FROM (VALUES ${batch.join(', ')}) refused(${names})`,
    )
    batch = []
  }
  const lines = await connection.runAndReadAll(
    `SELECT any_value(csv_line), bool_or(error_type = 'INVALID ENCODING') FROM reject_errors GROUP BY line ORDER BY line`,
  )
  for (const [text, isBadUnicode] of lines.getRows()) {
    const fields = typeof text === 'string' && isBadUnicode === false ? repairLine(text, source, options) : undefined
    if (fields === undefined) lost++
    else batch.push(`(${fields.map((field) => (field === '' ? 'CAST(NULL AS VARCHAR)' : sqlText(field))).join(', ')})`)
    if (batch.length >= RESCUE_BATCH) await flush()
  }
  await flush()
  return lost
}

function repairLine(text: string, source: TableSource, options: ReadTableOptions): string[] | undefined {
  const line = text.replace(/[\r\n]+$/, '')
  if (line.length >= KEPT_LINE_CHARS || /[\r\n\0]/.test(line)) return undefined
  const fields = parseCsvLine(line, source.delimiter)
  const width = source.columns.length
  if (fields === undefined || (fields.length > width && !options.keepLongRows)) return undefined
  if (options.required.some((name) => (fields[source.columns.indexOf(name)] ?? '') === '')) return undefined
  return Array.from({ length: width }, (_, index) => fields[index] ?? '')
}

/** Runs a query that answers one number. */
export async function readNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
