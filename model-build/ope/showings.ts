import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import { readTextTable } from '../click/text-table.ts'
import type { Config } from '../config/schema.ts'
import { expandFiles } from '../ingest/find-files.ts'

/** A log of shown items. */
export type ShowingLog = {
  readonly item: readonly string[]
  /** Numbers in their shortest form ("0" for "0.0"), other texts as they stand, "" where there is none. */
  readonly position: readonly string[]
  /** NaN where the file has no rewards. */
  readonly reward: Float64Array
  /** NaN where the file has no propensities. */
  readonly propensity: Float64Array
}

/** Names of the columns; of several in a file the first here counts. */
const NAMES = {
  item: ['item_id', 'itemid', 'item'],
  position: ['position', 'slot', 'rank'],
  reward: ['click', 'label', 'reward', 'clicked', 'value'],
  propensity: ['propensity', 'propensity_score', 'action_prob', 'probability', 'pscore'],
} as const

const TRUTHS = new Map([
  ['false', 0],
  ['true', 1],
])

/**
 * Reads showings: `item_id`, `click` (or label, reward; numbers, true or false), and where they are known `position` and `propensity`.
 * @throws RecError `input-missing` or `input-malformed`
 */
export async function readShowings(
  connection: DuckDBConnection,
  paths: readonly string[],
  input: Config['input'],
): Promise<ShowingLog> {
  const isItem = (name: string) => NAMES.item.some((known) => known === name.trim().toLowerCase())
  const table = await readTextTable(connection, [expandFiles(paths)], {
    input,
    required: () => [],
    ids: (columns) => columns.filter(isItem),
  })
  const find = (what: keyof typeof NAMES) =>
    NAMES[what]
      .map((known) => table.columns.find(({ name }) => name.trim().toLowerCase() === known))
      .find((column) => column !== undefined)
  const texts = (what: keyof typeof NAMES, missing: string) => {
    const column = find(what)
    return Array.from({ length: table.rowCount }, (_, r) => {
      const code = column?.codes[r] ?? -1
      return code < 0 ? missing : (column?.texts[code] ?? missing)
    })
  }
  if (find('item') === undefined || table.rowCount === 0)
    throw new RecError('input-malformed', `${paths[0]}: showings need a column "item_id" and at least one row`)
  return {
    item: texts('item', ''),
    position: texts('position', '').map(shortest),
    reward: Float64Array.from(texts('reward', 'NaN'), (text) => TRUTHS.get(text.toLowerCase()) ?? Number(text)),
    propensity: Float64Array.from(texts('propensity', 'NaN'), Number),
  }
}

function shortest(position: string): string {
  return position !== '' && Number.isFinite(Number(position)) ? String(Number(position)) : position
}
