import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { LIMITS } from '#contract/limits'
import type { Config } from '../config/schema.ts'
import { type EventTable, UNKNOWN_EVENT } from './events.ts'
import { detectLayout, type LayoutName, type LogColumnNames, resolveLogColumns } from './layouts.ts'
import { type IgnoredColumn, ignoredColumns } from './personal-columns.ts'
import { insertSource, readNumber } from './read-table.ts'
import { columnSql, openSource, type QuoteMode, type TableSource } from './table-source.ts'

/** `LogRows.user` and `.item` where there is no usable id. */
export const NO_ID = { missing: -1, tooLong: -2, controlCharacter: -3, absent: -4 } as const

/** `LogRows.event` of rows without an event name. */
export const NO_EVENT = 254

/** A log as read, one entry per row in input order, before any judgement. Owned by the caller, who may write to it. */
export type LogRows = {
  readonly rowCount: number
  /** Index into `users`, or one of NO_ID. */
  readonly user: Int32Array
  /** Index into `items`, or one of NO_ID. */
  readonly item: Int32Array
  /** Number as written in the file, NaN where the time is text or absent. */
  readonly timeNumber: Float64Array
  /** Milliseconds since the epoch of a time written as text, NaN otherwise. */
  readonly timeText: Float64Array
  /** 1 where the file has a time that can be read neither as number nor as text. */
  readonly badTime: Uint8Array
  /** Code of the event table, NO_EVENT or UNKNOWN_EVENT. */
  readonly event: Uint8Array
  /** Money, NaN where absent; unreadable text is -Infinity. */
  readonly value: Float32Array
  /** Rating, NaN where absent; unreadable text is -Infinity. */
  readonly rating: Float32Array
  /** Distinct user ids in order of first appearance. */
  readonly users: readonly string[]
  readonly items: readonly string[]
  /** Lines that are no row at all. */
  readonly malformed: number
  readonly hasRatings: boolean
  /** Whether every file is of a layout whose rows are known to stand in the order things happened. */
  readonly isRowOrderKnown: boolean
  readonly unknownEvents: readonly string[]
  readonly ignoredColumns: readonly IgnoredColumn[]
}

export type ReadLogOptions = {
  readonly files: readonly string[]
  readonly layout: LayoutName
  readonly input: Config['input']
  readonly events: EventTable
  readonly keepLongRows: boolean
  readonly onProgress: (share: number) => void
}

/**
 * Reads interaction files into typed arrays through DuckDB. About 45 bytes a row here, beside DuckDB's own limit.
 * @throws RecError `input-missing` or `input-malformed`.
 */
export async function readLog(connection: DuckDBConnection, options: ReadLogOptions): Promise<LogRows> {
  await connection.run(
    'CREATE TEMP TABLE raw (u VARCHAR, i VARCHAR, num DOUBLE, txt DOUBLE, bad BOOLEAN, e VARCHAR, v FLOAT, r FLOAT, malformed BOOLEAN)',
  )
  let malformed = 0
  let hasRatings = false
  let isRowOrderKnown = options.files.length > 0
  const ignored = new Map<string, IgnoredColumn>()
  for (const [index, path] of options.files.entries()) {
    const source = await openSource(connection, path)
    const layout = options.layout === 'auto' ? detectLayout(source.columns) : options.layout
    const columns = resolveLogColumns(source.columns, layout, path)
    hasRatings ||= columns.rating !== undefined
    isRowOrderKnown &&= layout === 'goodbooks'
    for (const column of ignoredColumns(source.columns, Object.values(columns))) ignored.set(column.name, column)
    const target = { table: 'raw', select: (quotes: QuoteMode) => selectLog(source, columns, quotes) }
    const required = [columns.user, columns.item]
    malformed += await insertSource(connection, target, source, {
      maxLineBytes: options.input.maxLineBytes,
      required,
      keepLongRows: options.keepLongRows,
    })
    options.onProgress((0.6 * (index + 1)) / options.files.length)
  }
  return {
    ...(await encodeLog(connection, options, malformed)),
    hasRatings,
    isRowOrderKnown,
    ignoredColumns: [...ignored.values()],
  }
}

function selectLog(source: TableSource, columns: LogColumnNames, quotes: QuoteMode): string {
  const cut = (name: string) => {
    const text = columnSql(source, name, quotes)
    // An id beyond the limit is refused later; only enough of it to know that is kept.
    return `CASE WHEN strlen(${text}) > ${LIMITS.itemIdBytes} THEN left(${text}, ${LIMITS.itemIdBytes + 1}) ELSE nullif(${text}, '') END`
  }
  const time = columnSql(source, columns.timestamp, quotes)
  const asNumber = `TRY_CAST(${time} AS DOUBLE)`
  const asText = `epoch_us(TRY_CAST(${time} AS TIMESTAMPTZ)) / 1000.0`
  const text = `CASE WHEN ${time} IS NULL OR ${asNumber} IS NOT NULL THEN NULL ELSE ${asText} END`
  const bad = `nullif(trim(${time}), '') IS NOT NULL AND ${asNumber} IS NULL AND TRY_CAST(${time} AS TIMESTAMPTZ) IS NULL`
  const number = (name: string | undefined) => {
    const field = columnSql(source, name, quotes)
    return name === undefined
      ? 'NULL'
      : `CASE WHEN nullif(trim(${field}), '') IS NULL THEN NULL ELSE coalesce(TRY_CAST(${field} AS FLOAT), '-inf'::FLOAT) END`
  }
  const lines = [
    cut(columns.user),
    cut(columns.item),
    columns.timestamp === undefined ? 'NULL' : asNumber,
    columns.timestamp === undefined ? 'NULL' : text,
  ]
  const event =
    columns.event === undefined ? 'NULL' : `nullif(lower(trim(${columnSql(source, columns.event, quotes)})), '')`
  const malformed = malformedSql(source, columns, quotes)
  return [
    ...lines,
    columns.timestamp === undefined ? 'false' : bad,
    event,
    number(columns.value),
    number(columns.rating),
    malformed,
  ].join(', ')
}

/** SQL that is true for rows that are none: a broken JSON line, which reads as all NULL, or an id with half a quote in a file of stray quotes. */
function malformedSql(source: TableSource, columns: LogColumnNames, quotes: QuoteMode): string {
  if (source.format !== 'csv') {
    const fields = Object.values(columns).filter((name) => name !== undefined)
    return fields.map((name) => `${columnSql(source, name)} IS NULL`).join(' AND ')
  }
  if (quotes !== 'none') return 'false'
  const quoteCount = (name: string) =>
    `length(${columnSql(source, name, quotes)}) - length(replace(${columnSql(source, name, quotes)}, '"', ''))`
  return `coalesce((${quoteCount(columns.user)}) % 2 + (${quoteCount(columns.item)}) % 2 > 0, false)`
}

type EncodedLog = Omit<LogRows, 'hasRatings' | 'isRowOrderKnown' | 'ignoredColumns'>

async function encodeLog(
  connection: DuckDBConnection,
  options: ReadLogOptions,
  malformed: number,
): Promise<EncodedLog> {
  const malformedRows = await readNumber(connection, 'SELECT count(*) FROM raw WHERE malformed')
  if (malformedRows > 0) await connection.run('DELETE FROM raw WHERE malformed')
  for (const key of ['u', 'i']) {
    const bad = `CASE WHEN strlen(t) > ${LIMITS.itemIdBytes} THEN ${NO_ID.tooLong} WHEN regexp_matches(t, '[\\x00-\\x1f\\x7f]') THEN ${NO_ID.controlCharacter} ELSE 0 END`
    await connection.run(
      `CREATE TEMP TABLE dict_${key} AS SELECT t, bad, CASE WHEN bad < 0 THEN bad ELSE (row_number() OVER (ORDER BY bad DESC, r) - 1)::INTEGER END AS n ` +
        `FROM (SELECT t, r, ${bad} AS bad FROM (SELECT ${key} AS t, min(rowid) AS r FROM raw WHERE ${key} IS NOT NULL GROUP BY ${key}))`,
    )
  }
  options.onProgress(0.7)
  const unknownEvents = await createEventDictionary(connection, options.events)
  const rows = await streamRows(connection, (share) => options.onProgress(0.7 + 0.25 * share))
  const users = await readTexts(connection, 'SELECT t FROM dict_u WHERE bad = 0 ORDER BY n')
  const items = await readTexts(connection, 'SELECT t FROM dict_i WHERE bad = 0 ORDER BY n')
  for (const table of ['raw', 'dict_u', 'dict_i', 'dict_e']) await connection.run(`DROP TABLE ${table}`)
  options.onProgress(1)
  return { ...rows, users, items, malformed: malformed + malformedRows, unknownEvents }
}

async function createEventDictionary(connection: DuckDBConnection, events: EventTable): Promise<string[]> {
  const names = await readTexts(
    connection,
    'SELECT e FROM raw WHERE e IS NOT NULL GROUP BY e ORDER BY count(*) DESC, e LIMIT 10000',
  )
  await connection.run('CREATE TEMP TABLE dict_e (t VARCHAR, code UTINYINT)')
  const appender = await connection.createAppender('dict_e')
  for (const name of names) {
    appender.appendVarchar(name)
    appender.appendUTinyInt(events.codes.get(name) ?? UNKNOWN_EVENT)
    appender.endRow()
  }
  appender.closeSync()
  return names.filter((name) => !events.codes.has(name))
}

type RowArrays = Omit<EncodedLog, 'users' | 'items' | 'malformed' | 'unknownEvents'>

async function streamRows(connection: DuckDBConnection, onProgress: (share: number) => void): Promise<RowArrays> {
  const length = await readNumber(connection, 'SELECT coalesce(max(rowid) + 1, 0) FROM raw')
  if (length > 2 ** 31 - 1) throw new RecError('too-large', 'more than 2^31 rows in one log', { rows: length })
  const rows: RowArrays = {
    rowCount: length,
    user: new Int32Array(length).fill(NO_ID.absent),
    item: new Int32Array(length).fill(NO_ID.absent),
    timeNumber: new Float64Array(length),
    timeText: new Float64Array(length),
    badTime: new Uint8Array(length),
    event: new Uint8Array(length),
    value: new Float32Array(length),
    rating: new Float32Array(length),
  }
  // The joins give rows back in any order: each carries its row number.
  const result = await connection.stream(
    `SELECT raw.rowid::INTEGER, coalesce(dict_u.n, ${NO_ID.missing}), coalesce(dict_i.n, ${NO_ID.missing}), coalesce(num, 'nan'::DOUBLE), coalesce(txt, 'nan'::DOUBLE), ` +
      `raw.bad::UTINYINT, CASE WHEN e IS NULL THEN ${NO_EVENT} ELSE coalesce(code, ${UNKNOWN_EVENT}) END::UTINYINT, coalesce(v, 'nan'::FLOAT), coalesce(r, 'nan'::FLOAT) ` +
      'FROM raw LEFT JOIN dict_u ON dict_u.t = raw.u LEFT JOIN dict_i ON dict_i.t = raw.i LEFT JOIN dict_e ON dict_e.t = raw.e',
  )
  const targets = [
    rows.user,
    rows.item,
    rows.timeNumber,
    rows.timeText,
    rows.badTime,
    rows.event,
    rows.value,
    rows.rating,
  ]
  let done = 0
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const count = chunk.rowCount
    const at = numbersOf(chunk.getColumnVector(0))
    for (const [column, target] of targets.entries()) {
      const values = numbersOf(chunk.getColumnVector(column + 1))
      for (let k = 0; k < count; k++) target[at[k] ?? 0] = values[k] ?? 0
    }
    done += count
    onProgress(done / length)
  }
  return rows
}

/** The flat values of a numeric DuckDB vector, which lives as long as its chunk. */
function numbersOf(vector: object): ArrayLike<number> {
  if ('items' in vector && ArrayBuffer.isView(vector.items) && 'length' in vector.items) {
    return vector.items as unknown as ArrayLike<number> // a typed array of a numeric type, by the casts in the query
  }
  throw new TypeError('expected a numeric vector')
}

async function readTexts(connection: DuckDBConnection, sql: string): Promise<string[]> {
  const texts: string[] = []
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const value of chunk.getColumnValues(0)) texts.push(String(value))
  }
  return texts
}
