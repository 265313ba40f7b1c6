import type { DuckDBConnection } from '@duckdb/node-api'
import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'
import { expandFiles } from '../ingest/find-files.ts'
import { resolveItemColumns, resolveLogColumns } from '../ingest/layouts.ts'
import { type CategoryColumn, type NumberColumn, type RowTimes, readTimes, typeColumn } from './click-columns.ts'
import { readTextTable, type TextColumn, type TextTable } from './text-table.ts'

/** `Impressions.label` of a row that has none. */
export const NO_LABEL = 255

/** Whose property a column is: a row's own, or its user's or item's. */
export type Owner = 'row' | 'user' | 'item'

export type OwnedColumn = (NumberColumn | CategoryColumn) & { readonly owner: Owner }

/** Labelled impressions: rows 0 … trainCount - 1 to learn from, the rest to score, each in file order. Owned by the caller. */
export type Impressions = {
  readonly rowCount: number
  readonly trainCount: number
  /** Index into userIds, -1 where the row has none. */
  readonly user: Int32Array
  readonly item: Int32Array
  readonly userIds: readonly string[]
  readonly itemIds: readonly string[]
  /** 0, 1, or NO_LABEL (in test rows). */
  readonly label: Uint8Array
  readonly times: RowTimes
  readonly columns: readonly OwnedColumn[]
  /** Lines that could not be read, and train rows without user, item or label, which are not used. */
  readonly malformed: number
  readonly dropped: number
}

export type ImpressionFiles = {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly users: readonly string[]
  readonly items: readonly string[]
}

/** Names of the label's column; of several in a file the first here is the label, and none of the others a feature. */
const LABEL_NAMES = ['label', 'click', 'clicked', 'is_click', 'target']
const LABELS = new Map([
  ['0', 0],
  ['0.0', 0],
  ['false', 0],
  ['1', 1],
  ['1.0', 1],
  ['true', 1],
])

/**
 * Reads logs of labelled impressions with what is known of users and items. Test rows keep their order, also those without user or item.
 * @throws RecError `input-missing` for absent files; `input-malformed` for absent columns or labels that are not 0 and 1.
 */
export async function readImpressions(
  connection: DuckDBConnection,
  files: ImpressionFiles,
  input: Config['input'],
): Promise<Impressions> {
  const logColumns = (columns: readonly string[], path: string) => {
    const { user, item } = resolveLogColumns(columns, 'generic', path)
    return [user, item]
  }
  const groups = [expandFiles(files.train), expandFiles(files.test)]
  const table = await readTextTable(connection, groups, { input, required: logColumns, ids: logColumns })
  const named = resolveLogColumns(
    table.columns.map(({ name }) => name),
    'generic',
    files.train[0] ?? 'train',
  )
  const user = find(table, named.user)
  const item = find(table, named.item)
  const time = table.columns.find(({ name }) => name === named.timestamp)
  const rowCount = table.rowCount
  const trainCount = table.parts[1] ?? rowCount
  const labels = labelColumns(table)
  const label = readLabels(labels, trainCount)
  const isTaken = new Set([user.name, item.name, time?.name, ...labels.map(({ name }) => name)])
  const own = table.columns.filter(({ name }) => !isTaken.has(name))
  const people = await readOwners(connection, files.users, user, { input, owner: 'user' })
  const things = await readOwners(connection, files.items, item, { input, owner: 'item' })
  const rowColumns = own.flatMap((column) =>
    typeColumn(column, false).map((typed) => ({ ...typed, owner: 'row' }) as const),
  )
  const parts = { user: user.codes, item: item.codes, label, trainCount, rowCount }
  return {
    ...parts,
    userIds: user.texts,
    itemIds: item.texts,
    times: readTimes(time, rowCount),
    columns: [...people, ...things, ...rowColumns],
    malformed: table.malformed,
    dropped: countUnusable(parts),
  }
}

function find(table: TextTable, name: string): TextColumn {
  const column = table.columns.find((entry) => entry.name === name)
  if (column === undefined) throw new RecError('input-malformed', `no column "${name}"`)
  return column
}

/** The columns named like labels, in the order of LABEL_NAMES; of those that differ in letter case the exact one first. */
function labelColumns({ columns }: TextTable): TextColumn[] {
  return LABEL_NAMES.flatMap((label) =>
    columns
      .filter(({ name }) => name.trim().toLowerCase() === label)
      .sort((a, b) => Number(b.name === label) - Number(a.name === label)),
  )
}

/** Labels of all rows. Those of the test rows may have another name, if the train rows have nothing by it. */
function readLabels(columns: readonly TextColumn[], trainCount: number): Uint8Array {
  const isInTrain = ({ codes }: TextColumn) => codes.subarray(0, trainCount).some((code) => code >= 0)
  const isInTest = ({ codes }: TextColumn) => codes.subarray(trainCount).some((code) => code >= 0)
  const learnt = columns.find(isInTrain)
  if (learnt === undefined) throw new RecError('input-malformed', 'no column "label" with 0 and 1 in the train rows')
  const label = labelsOf(learnt)
  const known = label.subarray(0, trainCount)
  if (!known.includes(0) || !known.includes(1))
    throw new RecError('input-malformed', 'the train rows need both labels, 0 and 1', { rows: trainCount })
  const other = isInTest(learnt) ? undefined : columns.find((column) => !isInTrain(column) && isInTest(column))
  if (other !== undefined) label.set(labelsOf(other).subarray(trainCount), trainCount)
  return label
}

function labelsOf(column: TextColumn): Uint8Array {
  const byText = column.texts.map((text) => LABELS.get(text.toLowerCase()))
  const wrong = column.texts[byText.indexOf(undefined)]
  if (wrong !== undefined) {
    const message = `column "${column.name}" holds "${wrong.slice(0, 40)}"; labels are 0 or 1 (for ratings, write 1 where the rating is good)`
    throw new RecError('input-malformed', message, { labels: column.texts.length })
  }
  return Uint8Array.from(column.codes, (code) => (code < 0 ? NO_LABEL : (byText[code] ?? NO_LABEL)))
}

function countUnusable({
  user,
  item,
  label,
  trainCount,
}: Pick<Impressions, 'user' | 'item' | 'label' | 'trainCount'>): number {
  let count = 0
  for (let r = 0; r < trainCount; r++) {
    if (user[r] >= 0 && item[r] >= 0 && label[r] !== NO_LABEL) continue
    label[r] = NO_LABEL
    count++
  }
  if (count === trainCount) throw new RecError('input-malformed', 'no train row has a user, an item and a label')
  return count
}

/** What a table says of the users or items of the log: columns by the log's codes; the first row of an id counts. */
async function readOwners(
  connection: DuckDBConnection,
  paths: readonly string[],
  ids: TextColumn,
  { input, owner }: { readonly input: Config['input']; readonly owner: 'user' | 'item' },
): Promise<OwnedColumn[]> {
  if (paths.length === 0) return []
  const key = (columns: readonly string[], path: string) =>
    owner === 'item'
      ? resolveItemColumns(columns, 'generic', path).id
      : resolveLogColumns([...columns, 'item_id'], 'generic', path).user
  const table = await readTextTable(connection, [expandFiles(paths)], {
    input,
    required: (columns, path) => [key(columns, path)],
    ids: (columns, path) => [key(columns, path)],
  })
  const id = find(
    table,
    key(
      table.columns.map(({ name }) => name),
      paths[0] ?? owner,
    ),
  )
  const numbers = new Map(ids.texts.map((text, code) => [text, code]))
  const rowOf = new Int32Array(ids.texts.length).fill(-1)
  for (let r = table.rowCount - 1; r >= 0; r--) {
    const code = id.codes[r] < 0 ? undefined : numbers.get(id.texts[id.codes[r]])
    if (code !== undefined) rowOf[code] = r
  }
  return table.columns
    .filter((column) => column !== id)
    .map(({ name, codes, texts }) => ({ name, codes: rowOf.map((row) => (row < 0 ? -1 : codes[row])), texts }))
    .flatMap((column) => typeColumn(usedTexts(column), true).map((typed) => ({ ...typed, owner })))
}

/** The column with only those texts that are left. */
function usedTexts({ name, codes, texts }: TextColumn): TextColumn {
  const numbers = new Int32Array(texts.length).fill(-1)
  const kept: string[] = []
  const recoded = codes.map((code) => {
    if (code >= 0 && numbers[code] < 0) numbers[code] = kept.push(texts[code]) - 1
    return code < 0 ? -1 : numbers[code]
  })
  return { name, codes: recoded, texts: kept }
}
