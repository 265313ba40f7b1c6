import { type RecError, toRecError } from '#contract/errors'
import type { ResidentCell } from '#worker/core/catalogue'
import type { Tier } from '../tiers.ts'
import type { ObjectSource, ReadOptions } from './objects.ts'
import { loadCell, type ReleaseRoot } from './root.ts'

/** Cells asked for at once, four objects and more each. */
const WINDOW = 4

/** Cells of one release as they arrive. */
export type Gathered = {
  /** Places in the shard table, as they are to be fetched. */
  readonly order: readonly number[]
  readonly cells: ResidentCell[]
  /** Next place of the order to try. */
  next: number
  items: number
  readonly failed: { readonly cellIndex: number; readonly error: RecError }[]
}

/** Nothing gathered yet. @param order - See `planFetches`. */
export function startGathering(order: readonly number[]): Gathered {
  return { order, cells: [], next: 0, items: 0, failed: [] }
}

/**
 * Loads the next cells of the order while the tier has room for them.
 * @returns False when there is nothing left to load.
 */
export async function gatherCells(
  source: ObjectSource,
  root: ReleaseRoot,
  gathered: Gathered,
  options: ReadOptions & { readonly tier: Tier; readonly most?: number },
): Promise<boolean> {
  const window = planWindow(source, root, gathered, options)
  if (window.length === 0) return false
  gathered.next += window.length
  const loaded = await Promise.allSettled(window.map((cellIndex) => loadCell(source, root, cellIndex, options)))
  loaded.forEach((result, i) => {
    if (result.status === 'fulfilled') {
      gathered.cells.push(result.value)
      gathered.items += result.value.columns.itemNos.length
    } else gathered.failed.push({ cellIndex: window[i] ?? -1, error: toRecError(result.reason) })
  })
  return true
}

function planWindow(
  source: ObjectSource,
  root: ReleaseRoot,
  { order, next, items }: Gathered,
  { tier, tally, most = WINDOW }: ReadOptions & { readonly tier: Tier; readonly most?: number },
): number[] {
  const window: number[] = []
  let residents = items
  const isFull = source.storedBytes(tally.hashes) >= tier.storedBytes
  for (const cellIndex of order.slice(next, next + most)) {
    residents += root.table.cells[cellIndex]?.itemCount ?? 0
    const isFirst = items === 0 && window.length === 0
    if (!isFirst && (isFull || residents > tier.residentItems)) break
    window.push(cellIndex)
  }
  return window
}
