import { RecError } from '#contract/errors'
import { CELL_ROLE } from '#contract/shard-table'
import type { CatalogueItem } from '../dataset.ts'
import type { StoredRelease } from '../release/release-dir.ts'
import { MOST_FRESH } from './fresh-cell.ts'
import { type StoredCells, storedItem } from './stored-cells.ts'

/** Share of the items that one update may take away; more is a broken file rather than news. */
const MOST_REMOVED = 0.5

/** What the catalogue says now, against the last release. */
export type UpdatePlan = {
  readonly byId: ReadonlyMap<string, CatalogueItem>
  /** Items of the fresh cell: those added since the last full build. */
  readonly fresh: readonly CatalogueItem[]
  /** Items of the other cells that are gone, by ascending itemNo. */
  readonly tombstones: readonly number[]
  /** Items of the other cells. */
  readonly built: number
}

type PlanParts = {
  readonly last: StoredRelease
  readonly stored: StoredCells
  /** The catalogue holds new and changed items only. */
  readonly isPartial: boolean
}

/** Compares a catalogue with the cells of a release. */
export function planUpdate(items: readonly CatalogueItem[], { last, stored, isPartial }: PlanParts): UpdatePlan {
  const byId = new Map(items.map((item) => [item.id, item]))
  const built = new Set<string>()
  const kept: CatalogueItem[] = []
  const tombstones: number[] = []
  const buried = new Set(last.manifest.tombstones)
  for (const cell of stored.cells) {
    for (let i = 0; i < cell.columns.itemNos.length; i++) {
      const { id } = cell.cards.card(i)
      if (cell.entry.role === CELL_ROLE.fresh) {
        if (isPartial && !byId.has(id)) kept.push(storedItem(cell, i, last.dictionaries))
        continue
      }
      built.add(id)
      const itemNo = cell.columns.itemNos[i]
      if (!byId.has(id) && (!isPartial || buried.has(itemNo))) tombstones.push(itemNo)
    }
  }
  const fresh = [...kept, ...items.filter(({ id }) => !built.has(id))]
  return { byId, fresh, tombstones: tombstones.sort((a, b) => a - b), built: built.size }
}

/** Why an update cannot hold a plan, or null. */
export function whyTooMuch({ fresh, tombstones, built }: UpdatePlan): string | null {
  if (tombstones.length > built * MOST_REMOVED) return 'more than half of the items would go'
  return fresh.length > MOST_FRESH ? 'more new items than a fresh cell holds' : null
}

/** `planUpdate` for a release that is not trained anew. @throws RecError `gate-refused` */
export function requirePlan(items: readonly CatalogueItem[], parts: PlanParts): UpdatePlan {
  const plan = planUpdate(items, parts)
  const reason = whyTooMuch(plan)
  if (reason === null) return plan
  const detail = { removed: plan.tombstones.length, fresh: plan.fresh.length }
  throw new RecError(
    'gate-refused',
    `${reason}; give the whole catalogue, or --partial, or run \`pocketshelf build\``,
    detail,
  )
}
