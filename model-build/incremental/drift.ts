import { DAY_MS } from '#contract/columns'
import type { Config } from '../config/schema.ts'
import { type EvidenceState, settingsKey } from './evidence.ts'
import { type UpdatePlan, whyTooMuch } from './plan-update.ts'
import type { StoredCell } from './stored-cells.ts'
import { baseName } from './update-cells.ts'

/** What one increment would change. */
export type Movement = {
  /** 1 by itemNo: solved anew now. */
  readonly moved: Uint8Array
  /** Items of the cells of the last full build that are solved anew now. */
  readonly movedItems: number
  /** Share of those items that are or would be patched, new or gone. */
  readonly changedShare: number
}

/** Counts what an increment changes since the last full build. */
export function measureMovement(
  { built, fresh, tombstones }: UpdatePlan,
  cells: readonly StoredCell[],
  moved: Uint8Array,
): Movement {
  const newer = new Set(cells.flatMap(({ patch }) => (patch === null ? [] : Array.from(patch.parts.columns.itemNos))))
  let movedItems = 0
  for (const { columns } of cells) {
    for (const itemNo of columns.itemNos) {
      if (moved[itemNo] !== 1) continue
      movedItems++
      newer.add(itemNo)
    }
  }
  return { moved, movedItems, changedShare: (newer.size + fresh.length + tombstones.length) / Math.max(1, built) }
}

/** Why a folder's last release cannot be gone on from, or null. */
export function whyNoBase(
  state: EvidenceState | null,
  { config, release }: { readonly config: Config; readonly release: string },
): string | null {
  if (state === null || state.base !== baseName({ release }))
    return 'the folder does not say what its last release learnt from'
  return state.settings === settingsKey(config) ? null : 'settings changed since the last full build'
}

/** Why everything must be solved anew although there is something to go on from, or null. */
export function whyDrifted(
  plan: UpdatePlan,
  { changedShare }: Movement,
  { limits, ageMs }: { readonly limits: Config['increment']; readonly ageMs: number },
): string | null {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  if (changedShare > limits.maxMovedShare)
    return `${percent(changedShare)} of the items moved, came or went since the last full build, above ${percent(limits.maxMovedShare)}`
  if (ageMs > limits.maxAgeDays * DAY_MS) return `the last full build is ${Math.floor(ageMs / DAY_MS)} days old`
  return whyTooMuch(plan)
}
