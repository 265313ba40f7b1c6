import { RecError } from '#contract/errors'
import type { IngestConfig } from '../config/schema.ts'
import type { CatalogueItem, Dataset } from '../dataset.ts'
import { withDatabase } from './database.ts'
import { createEventTable } from './events.ts'
import { expandFiles, findGenres } from './find-files.ts'
import { type GroupOptions, groupLog } from './group-log.ts'
import { areUntimed, type LogTimes, resolveTimes } from './log-time.ts'
import { type Catalogue, readCatalogue } from './read-catalogue.ts'
import { type LogRows, readLog } from './read-log.ts'
import { readSignals } from './read-signals.ts'
import type { DropReason, IngestReport, ReasonCounts } from './report.ts'
import { summariseIngest } from './summarise.ts'
import { validateRows } from './validate.ts'

export type LoadOptions = {
  /** Paths or glob patterns, in the order things happened; may be empty when there is a catalogue. */
  readonly interactions: readonly string[]
  readonly items?: readonly string[]
  readonly config: IngestConfig
  /** `clean` for a release; `drop-nothing` uses every row that has a user and an item, ratings and events of any kind included. */
  readonly mode: 'clean' | 'drop-nothing'
  /** Replaces user ids on entry; see createUserHash. */
  readonly hashUser?: (userId: string) => string
  /** Times later than this (plus the configured tolerance) are not believed. */
  readonly nowMs: number
  readonly onProgress?: (progress: IngestProgress) => void
}

export type IngestProgress = {
  readonly stage: 'items' | 'interactions' | 'grouping' /** 0…1 of the stage. */
  readonly share: number
}

export type LoadedDataset = { readonly dataset: Dataset; readonly report: IngestReport }

/**
 * Reads logs and catalogues (CSV, JSONL, Parquet) into a validated dataset. Items come in catalogue order, then those only the log names; users in
 * order of first appearance in the log.
 * @throws RecError `input-missing` for absent files or no file at all; `input-malformed` for unusable ones or when no usable row remains.
 */
export async function loadDataset(options: LoadOptions): Promise<LoadedDataset> {
  const interactions = expandFiles(options.interactions)
  const items = expandFiles(options.items ?? [])
  if (interactions.length + items.length === 0)
    throw new RecError('input-missing', 'give at least one file with --interactions or --items, or --data DIR')
  const { input } = options.config
  const events = createEventTable(options.config.events)
  return withDatabase(input, async (connection) => {
    const genres = items.map(findGenres).find((path) => path !== undefined)
    const catalogue = await readCatalogue(connection, { files: items, layout: input.layout, input, genres })
    options.onProgress?.({ stage: 'items', share: 1 })
    const rows = await readLog(connection, {
      files: interactions,
      layout: input.layout,
      input,
      events,
      keepLongRows: options.mode === 'drop-nothing',
      onProgress: (share) => options.onProgress?.({ stage: 'interactions', share }),
    })
    return buildDataset(rows, catalogue, options)
  })
}

function buildDataset(rows: LogRows, catalogue: Catalogue, options: LoadOptions): LoadedDataset {
  const { config } = options
  const times = resolveTimes(rows, config.validation, options.nowMs)
  const fate = validateRows(rows, times, {
    config,
    events: createEventTable(config.events),
    dropNothing: options.mode === 'drop-nothing',
  })
  const { items, itemIndex, onlyInLog } = joinItems(rows, catalogue, fate.weight)
  const rowsUsed = fate.weight.reduce((count, weight) => (weight > 0 ? count + 1 : count), 0)
  const grouped = groupLog(rows, times, fate, {
    maxPairWeight: config.events.maxPairWeight,
    maxEventsPerUserDay: config.validation.maxEventsPerUserDay,
    order: orderOf(rows, times, config.input.order),
    itemIndex,
    itemCount: items.length,
  })
  options.onProgress?.({ stage: 'grouping', share: 1 })
  if (items.length === 0) throw unusable(fate.dropped)
  const hashUser = options.hashUser ?? ((id: string) => id)
  const users = Array.from(grouped.userIndex, (index) => hashUser(rows.users[index] ?? ''))
  const signals = readSignals(rows, times, fate, { userIndex: grouped.userIndex, itemIndex })
  const rates = signals === null ? {} : { signals }
  const dataset: Dataset = { users, items, interactions: grouped.interactions, ...rates }
  return {
    dataset,
    report: summariseIngest({
      rows,
      times,
      fate,
      catalogue,
      dataset,
      rowsUsed,
      onlyInLog,
      config,
      isBlind: grouped.isBlind,
    }),
  }
}

function unusable(dropped: ReasonCounts<DropReason>): RecError {
  const [main] = Object.entries(dropped.toRecord()).sort(([, a], [, b]) => b - a)
  const why = main === undefined ? '' : `: ${main[1]} dropped for ${main[0]}`
  return new RecError('input-malformed', `no usable row in the input${why}`, { dropped: dropped.total() })
}

/** Nothing is inferred from a time that isn't there: rows without times have no order unless the layout or the user says that they do. */
function orderOf(rows: LogRows, times: LogTimes, order: IngestConfig['input']['order']): GroupOptions['order'] {
  if (order !== 'auto') return order
  return areUntimed(times) && !rows.isRowOrderKnown ? 'ignore' : 'given'
}

/** Catalogue items first, then items only used rows name, in order of first appearance; `itemIndex` is -1 for items of neither. */
function joinItems(
  rows: LogRows,
  { items: known, vectors }: Pick<Catalogue, 'items' | 'vectors'>,
  weight: Float32Array,
): { items: CatalogueItem[]; itemIndex: Int32Array; onlyInLog: number } {
  const isUsed = new Uint8Array(rows.items.length)
  for (let row = 0; row < rows.rowCount; row++) if ((weight[row] ?? 0) > 0) isUsed[rows.item[row] ?? 0] = 1
  const items = [...known]
  const indexOf = new Map(known.map((item, index) => [item.id, index]))
  const itemIndex = new Int32Array(rows.items.length).fill(-1)
  for (const [index, id] of rows.items.entries()) {
    const position = indexOf.get(id)
    if (position === undefined && isUsed[index] === 0) continue
    itemIndex[index] = position ?? items.length
    if (position === undefined) items.push(bareItem(id))
  }
  const withVectors = vectors.size === 0 ? items : items.map((item) => withVector(item, vectors.get(item.id)))
  return { items: withVectors, itemIndex, onlyInLog: items.length - known.length }
}

function withVector(item: CatalogueItem, vector: Float32Array | undefined): CatalogueItem {
  return vector === undefined ? item : { ...item, vector }
}

/** An item of which nothing but its id is known. */
export function bareItem(id: string): CatalogueItem {
  return {
    id,
    title: '',
    category: '',
    url: '',
    image: '',
    price: Number.NaN,
    createdAt: Number.NaN,
    tags: [],
    available: true,
  }
}
