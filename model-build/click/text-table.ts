import type { DuckDBConnection } from '@duckdb/node-api'
import type { Config } from '../config/schema.ts'
import { insertSource } from '../ingest/read-table.ts'
import { sqlName } from '../ingest/sql.ts'
import { columnSql, openSource, type QuoteMode } from '../ingest/table-source.ts'

/** Texts that mean that there is no value. */
const NOTHING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '\\n'])

/** One column as codes into its distinct texts; -1 where a row has no value. */
export type TextColumn = { readonly name: string; readonly codes: Int32Array; readonly texts: readonly string[] }

/** Rows of one or several files in file order. `malformed` lines are no rows. */
export type TextTable = {
  readonly rowCount: number
  readonly columns: readonly TextColumn[]
  readonly malformed: number
  /** First row of each file group, and the row count at the end. */
  readonly parts: readonly number[]
}

/**
 * Reads files into coded columns through DuckDB; files of several groups (train, test) share one dictionary per column. Columns are matched by
 * name; a file without a column has no values in it. Rows without a value in any of the required columns' places stay (they are told by -1).
 * @param groups - Paths of each group, in order.
 * @param required - Columns a row must have to be worth repairing.
 * @param ids - Columns of ids, in which "NA" or "none" is an id like others.
 * @throws RecError `input-missing` or `input-malformed`.
 */
export async function readTextTable(
  connection: DuckDBConnection,
  groups: readonly (readonly string[])[],
  options: {
    readonly input: Config['input']
    readonly required: (columns: readonly string[], path: string) => string[]
    readonly ids: (columns: readonly string[], path: string) => string[]
  },
): Promise<TextTable> {
  const encoders = new Map<string, ColumnEncoder>()
  const parts = [0]
  let rowCount = 0
  let malformed = 0
  for (const paths of groups) {
    for (const path of paths) {
      const source = await openSource(connection, path)
      const names = source.columns.filter((name) => name !== '')
      const fields = names.map(sqlName)
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE texts (${fields.map((field) => `${field} VARCHAR`).join(', ')})`,
      )
      const select = (quotes: QuoteMode) => names.map((name) => columnSql(source, name, quotes)).join(', ')
      const { maxLineBytes } = options.input
      const required = options.required(names, path)
      malformed += await insertSource(connection, { table: 'texts', select }, source, {
        maxLineBytes,
        required,
        keepLongRows: true,
      })
      const ids = options.ids(names, path)
      for (const name of names) if (!encoders.has(name)) encoders.set(name, new ColumnEncoder(ids.includes(name)))
      rowCount = await appendRows(connection, names, encoders, rowCount)
    }
    parts.push(rowCount)
  }
  await connection.run('DROP TABLE IF EXISTS texts')
  const columns = Array.from(encoders, ([name, encoder]) => ({ name, ...encoder.finish(rowCount) }))
  return { rowCount, columns, malformed, parts }
}

async function appendRows(
  connection: DuckDBConnection,
  names: readonly string[],
  encoders: ReadonlyMap<string, ColumnEncoder>,
  start: number,
): Promise<number> {
  const result = await connection.stream(`SELECT ${names.map(sqlName).join(', ')} FROM texts`)
  let row = start
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, name] of names.entries()) encoders.get(name)?.add(row, chunk.getColumnValues(index))
    row += chunk.rowCount
  }
  return row
}

/** Gives each distinct text a number, in order of first appearance; an empty text has none, nor, but for ids, one that means nothing. */
class ColumnEncoder {
  readonly #codes = new Map<string, number>()
  readonly #texts: string[] = []
  #rows = new Int32Array(4096).fill(-1)
  readonly #holdsIds: boolean

  constructor(holdsIds: boolean) {
    this.#holdsIds = holdsIds
  }

  add(start: number, values: readonly unknown[]): void {
    const end = start + values.length
    if (end > this.#rows.length) {
      const larger = new Int32Array(Math.max(end, this.#rows.length * 2)).fill(-1)
      larger.set(this.#rows)
      this.#rows = larger
    }
    for (let k = 0; k < values.length; k++) {
      const value = values[k]
      if (typeof value === 'string') this.#rows[start + k] = this.#codeOf(value)
    }
  }

  finish(rowCount: number): { readonly codes: Int32Array; readonly texts: readonly string[] } {
    const codes = new Int32Array(rowCount).fill(-1)
    codes.set(this.#rows.subarray(0, Math.min(rowCount, this.#rows.length)))
    return { codes, texts: this.#texts }
  }

  #codeOf(raw: string): number {
    const known = this.#codes.get(raw)
    if (known !== undefined) return known
    const text = raw.trim()
    const isNothing = this.#holdsIds ? text === '' : NOTHING.has(text.toLowerCase())
    const code = isNothing ? -1 : (this.#codes.get(text) ?? this.#texts.push(text) - 1)
    this.#codes.set(raw, code)
    if (!isNothing) this.#codes.set(text, code)
    return code
  }
}
