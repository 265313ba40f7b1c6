import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { sqlName, sqlText } from './sql.ts'
import type { TableSource } from './table-source.ts'

/** Longest vector that is read. */
const MOST_DIMENSIONS = 2048

/** The column of item vectors of a Parquet file: a list of numbers named `vector`; undefined where there is none. */
export function vectorColumn(source: TableSource): string | undefined {
  return source.columns.find((name) => name.toLowerCase() === 'vector' && source.nested.has(name))
}

/**
 * Reads item vectors made elsewhere into `into`, by item id.
 * @param dim - Length that all vectors must have; 0 takes that of the first.
 * @returns The length of the vectors.
 * @throws RecError `input-malformed` for vectors of several lengths, of more than 2,048 numbers, or with something else than finite numbers.
 */
export async function readVectors(
  connection: DuckDBConnection,
  source: TableSource,
  { id, vector, into, dim }: { id: string; vector: string; into: Map<string, Float32Array>; dim: number },
): Promise<number> {
  const select = `SELECT ${sqlName(id)}::VARCHAR, CAST(${sqlName(vector)} AS FLOAT[]) FROM read_parquet(${sqlText(source.path)}, binary_as_string=true)`
  const result = await connection.stream(
    `${select} WHERE ${sqlName(id)} IS NOT NULL AND ${sqlName(vector)} IS NOT NULL`,
  )
  let length = dim
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
    for (const [key, value] of chunk.getRows()) {
      const numbers = Float32Array.from(itemsOf(value), (entry) => (typeof entry === 'number' ? entry : Number.NaN))
      if (length === 0) length = numbers.length
      if (
        numbers.length !== length ||
        length < 1 ||
        length > MOST_DIMENSIONS ||
        numbers.some((x) => !Number.isFinite(x))
      )
        throw new RecError(
          'input-malformed',
          `${source.path}: every vector must have the same number of finite numbers, at most ${MOST_DIMENSIONS}`,
          { dimensions: length, found: numbers.length },
        )
      into.set(String(key), numbers)
    }
  return length
}

function itemsOf(value: unknown): readonly unknown[] {
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : []
  return Array.isArray(items) ? items : []
}
