import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { insertSource } from '../ingest/read-table.ts'
import { sqlName, sqlText } from '../ingest/sql.ts'
import { columnSql, openSource, type QuoteMode, type TableSource } from '../ingest/table-source.ts'
import { jsonOf } from './values.ts'

/** A record of a file, or undefined where its line is broken; counted from 1. */
export type FileRecord = { readonly record: number; readonly value: unknown }

/** Longest line or JSON object that is read. Bytes. */
const MAX_OBJECT_BYTES = 268_435_456

/**
 * Reads a file record by record: CSV and TSV through DuckDB with its repairs, JSON lines as a stream, JSON lists and Parquet through
 * DuckDB. A single object is one record. Text files may be gzipped.
 * @param lost - Told how many lines of a CSV could not be put right.
 * @throws RecError `input-missing` or `input-malformed`.
 */
export async function* readRecords(
  connection: DuckDBConnection,
  path: string,
  lost: (lines: number) => void,
): AsyncGenerator<FileRecord> {
  const plain = path.toLowerCase().replace(/\.gz$/, '')
  if (/\.(jsonl|ndjson)$/.test(plain)) yield* readLines(path)
  else if (plain.endsWith('.json')) yield* readTexts(connection, jsonScan(path), path)
  else if (/\.(parquet|pq)$/.test(plain)) yield* readTexts(connection, parquetScan(path), path)
  else yield* readCsv(connection, await openSource(connection, path), lost)
}

async function* readLines(path: string): AsyncGenerator<FileRecord> {
  const raw = createReadStream(path)
  const bytes = path.toLowerCase().endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  const lines = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })
  raw.on('error', (error) => bytes.destroy(error))
  let record = 0
  try {
    for await (const line of lines) {
      record++
      if (line.trim() !== '') yield { record, value: jsonOf(line) }
    }
  } catch (cause) {
    if (cause instanceof RecError) throw cause
    throw new RecError('input-malformed', `${path} cannot be read to its end`, { record }, { cause })
  } finally {
    raw.destroy()
  }
}

function jsonScan(path: string): string {
  return `SELECT CAST(json AS VARCHAR) FROM read_json_objects(${sqlText(path)}, format='auto', maximum_object_size=${MAX_OBJECT_BYTES})`
}

function parquetScan(path: string): string {
  return `SELECT CAST(to_json(t) AS VARCHAR) FROM read_parquet(${sqlText(path)}, binary_as_string=true) t`
}

async function* readTexts(connection: DuckDBConnection, sql: string, path: string): AsyncGenerator<FileRecord> {
  let record = 0
  try {
    const result = await connection.stream(sql)
    for (let part = await result.fetchChunk(); part !== null && part.rowCount > 0; part = await result.fetchChunk())
      for (const [text] of part.getRows()) yield { record: ++record, value: jsonOf(String(text)) }
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new RecError('input-malformed', `${path} cannot be read: ${reason}`, { record }, { cause })
  }
}

async function* readCsv(
  connection: DuckDBConnection,
  source: TableSource,
  lost: (lines: number) => void,
): AsyncGenerator<FileRecord> {
  const names = source.columns.map((_, index) => `f${index}`)
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE imported (${names.map((name) => `${sqlName(name)} VARCHAR`).join(', ')})`,
  )
  const select = (quotes: QuoteMode) => source.columns.map((name) => columnSql(source, name, quotes)).join(', ')
  const options = { maxLineBytes: 1_048_576, required: [], keepLongRows: false }
  lost(await insertSource(connection, { table: 'imported', select }, source, options))
  const result = await connection.stream('SELECT * FROM imported ORDER BY rowid')
  let record = 0
  for (let part = await result.fetchChunk(); part !== null && part.rowCount > 0; part = await result.fetchChunk()) {
    for (const row of part.getRows()) {
      const value = Object.fromEntries(source.columns.map((name, index) => [name, row[index]]))
      yield { record: ++record, value }
    }
  }
  await connection.run('DROP TABLE imported')
}
