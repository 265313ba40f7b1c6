import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { readTextTable } from '../click/text-table.ts'
import type { Config } from '../config/schema.ts'
import { expandFiles } from '../ingest/find-files.ts'

/** A log of shown items. Items and positions are texts, as they stand in the file. */
export type ShowingLog = {
  readonly item: readonly string[]
  readonly position: readonly string[]
  /** NaN where the file has no rewards. */
  readonly reward: Float64Array
  /** NaN where the file has no propensities. */
  readonly propensity: Float64Array
}

const NAMES = {
  item: ['item_id', 'itemid', 'item'],
  position: ['position', 'slot', 'rank'],
  reward: ['reward', 'label', 'click', 'clicked', 'value'],
  propensity: ['propensity', 'propensity_score', 'action_prob', 'probability', 'pscore'],
} as const

/**
 * Reads showings: `item_id`, `click` (or label, reward), and where they are known `position` and `propensity`.
 * @throws RecError `input-missing` or `input-malformed`
 */
export async function readShowings(
  connection: DuckDBConnection,
  paths: readonly string[],
  input: Config['input'],
): Promise<ShowingLog> {
  const table = await readTextTable(connection, [expandFiles(paths)], { input, required: () => [] })
  const find = (what: keyof typeof NAMES) =>
    table.columns.find(({ name }) => (NAMES[what] as readonly string[]).includes(name.trim().toLowerCase()))
  const texts = (what: keyof typeof NAMES, missing: string) => {
    const column = find(what)
    return Array.from({ length: table.rowCount }, (_, r) => {
      const code = column?.codes[r] ?? -1
      return code < 0 ? missing : (column?.texts[code] ?? missing)
    })
  }
  if (find('item') === undefined || table.rowCount === 0)
    throw new RecError('input-malformed', `${paths[0]}: showings need a column "item_id" and at least one row`)
  const numbers = (what: keyof typeof NAMES) => Float64Array.from(texts(what, 'NaN'), Number)
  return {
    item: texts('item', ''),
    position: texts('position', ''),
    reward: numbers('reward'),
    propensity: numbers('propensity'),
  }
}
