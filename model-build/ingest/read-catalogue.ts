import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { Config } from '../config/schema.ts'
import type { CatalogueItem } from '../dataset.ts'
import { type ItemFields, parseItem } from './catalogue-item.ts'
import { detectLayout, type ItemColumnNames, type LayoutName, resolveItemColumns } from './layouts.ts'
import { type IgnoredColumn, ignoredColumns } from './personal-columns.ts'
import { insertSource } from './read-table.ts'
import { readVectors, vectorColumn } from './read-vectors.ts'
import { ReasonCounts } from './report.ts'
import { columnSql, openSource, type QuoteMode, type TableSource } from './table-source.ts'

const FIELDS = [
  'id',
  'title',
  'category',
  'url',
  'image',
  'price',
  'createdAt',
  'tags',
  'available',
  'year',
  'authors',
] as const

/** Longest field of an items file that is read. Characters. */
const MAX_FIELD = 10_000

/** Items in file order, the last row of an id winning. */
export type Catalogue = {
  readonly items: readonly CatalogueItem[]
  /** Item vectors made elsewhere, by item id, of items that may be in the log alone. */
  readonly vectors: ReadonlyMap<string, Float32Array>
  readonly rowsRead: number
  readonly dropped: ReasonCounts<string>
  readonly flagged: ReasonCounts<string>
  readonly ignoredColumns: readonly IgnoredColumn[]
}

export type ReadCatalogueOptions = {
  readonly files: readonly string[]
  readonly layout: LayoutName
  readonly input: Config['input']
  /** Goodbooks' file of genres. */
  readonly genres: string | undefined
}

/**
 * Reads items files. A Parquet file with a list column `vector` gives vectors; one without any other known column than the id gives nothing else.
 * @throws RecError `input-missing` or `input-malformed`.
 */
export async function readCatalogue(connection: DuckDBConnection, options: ReadCatalogueOptions): Promise<Catalogue> {
  const counts = { dropped: new ReasonCounts<string>(), flagged: new ReasonCounts<string>() }
  const byId = new Map<string, CatalogueItem>()
  const ignored = new Map<string, IgnoredColumn>()
  const vectors = new Map<string, Float32Array>()
  let rowsRead = 0
  let dim = 0
  const genres = options.genres === undefined ? undefined : await readGenres(connection, options.genres, options.input)
  for (const path of options.files) {
    const source = await openSource(connection, path)
    const detected = detectLayout(source.columns)
    const layout = options.layout === 'auto' ? detected : options.layout
    const columns = resolveItemColumns(source.columns, layout, path)
    const vector = vectorColumn(source)
    const used = [...Object.values(columns), vector]
    for (const column of ignoredColumns(source.columns, used)) ignored.set(column.name, column)
    if (vector !== undefined)
      dim = await readVectors(connection, source, { id: columns.id, vector, into: vectors, dim })
    if (vector !== undefined && used.every((name) => [undefined, columns.id, vector].includes(name))) continue
    const malformed = await fillTable(connection, source, columns, options.input)
    counts.dropped.add('malformed-row', malformed)
    rowsRead += malformed
    for await (const fields of streamFields(connection)) {
      rowsRead++
      const tags = genres?.get(fields.id ?? '') ?? fields.tags
      const item = parseItem({ ...fields, tags }, layout, counts)
      if (item === undefined) continue
      if (byId.has(item.id)) counts.flagged.add('duplicate-item')
      byId.set(item.id, item)
    }
  }
  return { items: [...byId.values()], vectors, rowsRead, ...counts, ignoredColumns: [...ignored.values()] }
}

async function fillTable(
  connection: DuckDBConnection,
  source: TableSource,
  columns: ItemColumnNames,
  input: Config['input'],
): Promise<number> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE items_raw (${FIELDS.map((field) => `${field} VARCHAR`).join(', ')})`,
  )
  const select = (quotes: QuoteMode) =>
    FIELDS.map((field) => `left(${columnSql(source, columns[field], quotes)}, ${MAX_FIELD})`).join(', ')
  const options = { maxLineBytes: input.maxLineBytes, required: [columns.id], keepLongRows: false }
  return insertSource(connection, { table: 'items_raw', select }, source, options)
}

async function* streamFields(connection: DuckDBConnection): AsyncGenerator<ItemFields> {
  const result = await connection.stream('SELECT * FROM items_raw ORDER BY rowid')
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const row of chunk.getRows()) yield toFields(row)
  }
  await connection.run('DROP TABLE items_raw')
}

function toFields(row: readonly DuckDBValue[]): ItemFields {
  const text = (index: number) => {
    const value = row[index]
    return typeof value === 'string' ? value : null
  }
  const [id, title, category, url, image, price] = [text(0), text(1), text(2), text(3), text(4), text(5)]
  return {
    id,
    title,
    category,
    url,
    image,
    price,
    createdAt: text(6),
    tags: text(7),
    available: text(8),
    year: text(9),
    authors: text(10),
  }
}

/** Goodbooks' shelves by book id: comma-separated in a column `genres`. */
async function readGenres(
  connection: DuckDBConnection,
  path: string,
  input: Config['input'],
): Promise<Map<string, string>> {
  const source = await openSource(connection, path)
  await connection.run('CREATE OR REPLACE TEMP TABLE genres_raw (id VARCHAR, genres VARCHAR)')
  const select = (quotes: QuoteMode) =>
    `${columnSql(source, 'book_id', quotes)}, ${columnSql(source, 'genres', quotes)}`
  const options = { maxLineBytes: input.maxLineBytes, required: ['book_id'], keepLongRows: false }
  await insertSource(connection, { table: 'genres_raw', select }, source, options)
  const reader = await connection.runAndReadAll(
    'SELECT id, genres FROM genres_raw WHERE id IS NOT NULL AND genres IS NOT NULL',
  )
  await connection.run('DROP TABLE genres_raw')
  return new Map(reader.getRows().map(([id, genres]) => [String(id), String(genres)]))
}
