import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../ingest/sql.ts'
import { INTERACTION_COLUMNS, ITEM_COLUMNS } from './rows.ts'

const LOG_SQL =
  'SELECT user_id, item_id, TRY_CAST(timestamp AS TIMESTAMPTZ)::TIMESTAMP AS timestamp, event, TRY_CAST(value AS DOUBLE) AS value'
const ITEMS_SQL =
  'SELECT item_id, title, category, url, image, TRY_CAST(price AS DOUBLE) AS price, ' +
  'TRY_CAST(created_at AS TIMESTAMPTZ)::TIMESTAMP AS created_at, tags, TRY_CAST(available AS BOOLEAN) AS available'

/** Copies one of our CSV files into Parquet with typed columns; times are UTC. */
export async function writeParquet(
  connection: DuckDBConnection,
  kind: 'interactions' | 'items',
  csv: string,
  target: string,
): Promise<void> {
  const names = kind === 'interactions' ? INTERACTION_COLUMNS : ITEM_COLUMNS
  const columns = names.map((name) => `${name}: 'VARCHAR'`).join(', ')
  const scan = `read_csv(${sqlText(csv)}, auto_detect=false, header=true, delim=',', quote='"', escape='"', columns={${columns}})`
  const select = kind === 'interactions' ? LOG_SQL : ITEMS_SQL
  await connection.run(`COPY (${select} FROM ${scan}) TO ${sqlText(target)} (FORMAT parquet, COMPRESSION zstd)`)
}
