import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { detectDelimiter, parseCsvLine } from './csv-line.ts'
import { sqlName, sqlText } from './sql.ts'

export type FileFormat = 'csv' | 'jsonl' | 'json' | 'parquet'

/** An input file whose columns are known. */
export type TableSource = {
  readonly path: string
  readonly format: FileFormat
  readonly columns: readonly string[]
  /** Only for CSV. */
  readonly delimiter: string
  /** Columns of lists or structures, which are read as JSON text; only for Parquet. */
  readonly nested: ReadonlySet<string>
}

/** Lines of JSONL looked at to learn the keys. */
const SAMPLED_LINES = 2000

/**
 * Opens an input file: format by extension (.csv, .tsv, .txt, .jsonl, .ndjson, .json, .parquet; text also with .gz) and column names.
 * @throws RecError `input-missing` when it cannot be opened; `input-malformed` for an unknown extension or a file without columns.
 */
export async function openSource(connection: DuckDBConnection, path: string): Promise<TableSource> {
  const format = formatOf(path)
  const delimiter = ','
  const nested = new Set<string>()
  if (format === 'csv') return openCsv(path)
  if (format === 'jsonl') return { path, format, columns: await jsonKeys(path), delimiter, nested }
  const scan =
    format === 'json' ? `read_json(${sqlText(path)})` : `read_parquet(${sqlText(path)}, binary_as_string=true)`
  const rows = await readColumns(connection, scan, path)
  for (const [name, type] of rows) if (/\[\]|STRUCT|MAP/.test(type)) nested.add(name)
  return { path, format, columns: rows.map(([name]) => name), delimiter, nested }
}

function formatOf(path: string): FileFormat {
  const plain = path.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv|txt)$/.test(plain)) return 'csv'
  if (/\.(jsonl|ndjson)$/.test(plain)) return 'jsonl'
  if (/\.json$/.test(plain)) return 'json'
  if (/\.(parquet|pq)$/.test(plain)) return 'parquet'
  throw new RecError('input-malformed', `${path}: the extension must be .csv, .tsv, .jsonl, .json or .parquet`)
}

async function openCsv(path: string): Promise<TableSource> {
  const [first] = await firstLines(path, 1)
  const header = (first ?? '').replace(/^\uFEFF/, '')
  if (header.trim() === '')
    throw new RecError('input-malformed', `${path} is empty; the first line must name the columns`)
  const delimiter = detectDelimiter(header)
  const columns = (parseCsvLine(header, delimiter) ?? header.split(delimiter)).map((name) => name.trim())
  return { path, format: 'csv', columns, delimiter, nested: new Set() }
}

async function jsonKeys(path: string): Promise<string[]> {
  const keys = new Set<string>()
  for (const line of await firstLines(path, SAMPLED_LINES)) {
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null) for (const key of Object.keys(value)) keys.add(key)
    } catch {
      // A broken line is counted when the rows are read.
    }
  }
  if (keys.size === 0)
    throw new RecError('input-malformed', `${path} holds no JSON object in its first ${SAMPLED_LINES} lines`)
  return [...keys]
}

/** The first lines of a text file, at most 64 kB of it per line wanted, so that a file without line ends is not read whole. */
async function firstLines(path: string, count: number): Promise<string[]> {
  const raw = createReadStream(path, { end: count * 65_536 })
  const bytes = path.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  const lines: string[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      raw.on('error', reject)
      // A cut gzip stream ends with an error after its lines were delivered.
      bytes.on('error', (error: Error) =>
        lines.length > 0 && 'code' in error && error.code === 'Z_BUF_ERROR' ? resolve() : reject(error),
      )
      const reader = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })
      reader.on('line', (line) => {
        if (lines.length < count) lines.push(line)
        if (lines.length === count) resolve()
      })
      reader.on('close', resolve)
    })
  } catch (cause) {
    throw new RecError('input-missing', `cannot read ${path}`, {}, { cause })
  } finally {
    raw.destroy()
  }
  return lines
}

async function readColumns(connection: DuckDBConnection, scan: string, path: string): Promise<[string, string][]> {
  try {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${scan}`)
    return reader.getRows().map((row) => [String(row[0]), String(row[1])])
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new RecError('input-malformed', `${path} cannot be read: ${reason}`, {}, { cause })
  }
}

/** How a CSV's quotes are read: by the standard, the same where line ends differ, or not at all (each physical line is a row), for files with stray quotes. */
export type QuoteMode = 'standard' | 'mixed-lines' | 'none'

/** The SQL table function that reads a source with every CSV and JSONL column as text; CSV columns are named c0, c1, … */
export function scanSql(source: TableSource, quotes: QuoteMode, maxLineBytes: number): string {
  const path = sqlText(source.path)
  if (source.format === 'parquet') return `read_parquet(${path}, binary_as_string=true)`
  if (source.format === 'csv') return csvScan(source, quotes, maxLineBytes)
  const columns = source.columns.map((name) => `${sqlName(name)}: 'VARCHAR'`).join(', ')
  const format = source.format === 'jsonl' ? 'newline_delimited' : 'array'
  const ignore = source.format === 'jsonl' ? ', ignore_errors=true' : ''
  return `read_json(${path}, format='${format}', columns={${columns}}${ignore})`
}

function csvScan(source: TableSource, quotes: QuoteMode, maxLineBytes: number): string {
  const columns = source.columns.map((_, index) => `c${index}: 'VARCHAR'`).join(', ')
  const quote = quotes === 'none' ? `quote='', escape=''` : `quote='"', escape='"'`
  return (
    `read_csv(${sqlText(source.path)}, auto_detect=false, header=true, delim=${sqlText(source.delimiter)}, ${quote}, ` +
    `columns={${columns}}, store_rejects=true, rejects_limit=0, max_line_size=${maxLineBytes}, strict_mode=${quotes !== 'mixed-lines'})`
  )
}

/** The SQL expression for a column as text; NULL when the source lacks it. */
export function columnSql(source: TableSource, name: string | undefined, quotes: QuoteMode = 'standard'): string {
  const index = name === undefined ? -1 : source.columns.indexOf(name)
  if (name === undefined || index < 0) return 'CAST(NULL AS VARCHAR)'
  if (source.format !== 'csv')
    return source.nested.has(name) ? `CAST(to_json(${sqlName(name)}) AS VARCHAR)` : `CAST(${sqlName(name)} AS VARCHAR)`
  const column = `c${index}`
  if (quotes !== 'none') return column
  return `CASE WHEN strlen(${column}) >= 2 AND starts_with(${column}, '"') AND ends_with(${column}, '"') THEN replace(${column}[2:-2], '""', '"') ELSE ${column} END`
}
