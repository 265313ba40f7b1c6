import type { Dataset } from '../dataset.ts'
import { fitModels } from '../fit/fit-models.ts'
import type { AssembleOptions } from '../release/assemble.ts'
import type { Behaviour } from '../release/behaviour.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { ObjectSet } from '../release/object-set.ts'
import type { StoredRelease } from '../release/release-dir.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { EvidenceState } from './evidence.ts'
import { vectorsOfItems } from './item-vectors.ts'
import { learnItems } from './learn-items.ts'
import type { UpdatePlan } from './plan-update.ts'
import type { StoredCells } from './stored-cells.ts'
import { type UpdatedRelease, updateCells } from './update-cells.ts'

/** A release to go on from, today's log, and which items it says something new of. */
export type Increment = {
  readonly dataset: Dataset
  readonly last: StoredRelease
  readonly stored: StoredCells
  readonly state: EvidenceState
  readonly plan: UpdatePlan
  readonly behaviour: Behaviour
  /** itemNo of each item of the dataset. */
  readonly itemNos: Uint32Array
  /** 1 by itemNo. */
  readonly moved: Uint8Array
  readonly assemble: AssembleOptions
  readonly pool: KernelPool
}

/** Users from the frozen items, then items from those users: one sweep, which neither turns the space nor moves its origin. */
export function fitIncrement({ dataset, last, stored, state, itemNos, pool }: Increment): Promise<FittedModels> {
  const start = vectorsOfItems(stored, last.manifest, itemNos, true)
  const once = { ...state.models, contentRidge: state.contentRidge, start, sweeps: 1, second: null }
  return fitModels(dataset, once, pool)
}

/** The next release; its new objects go into `objects`. The same inputs give the same bytes. */
export function writeIncrement(increment: Increment, models: FittedModels, objects: ObjectSet): UpdatedRelease {
  const { dataset, last, stored, plan, behaviour, moved, assemble } = increment
  const indexOf = new Map(dataset.items.map(({ id }, index) => [id, index]))
  return updateCells(plan, {
    last,
    stored,
    objects,
    nowMs: Number.isNaN(behaviour.newestAt) ? 0 : behaviour.newestAt,
    support: Float64Array.from(plan.fresh, ({ id }) => behaviour.support[indexOf.get(id) ?? -1]),
    learn: (numbered) => learnItems({ dataset, models, behaviour, last, stored, moved, assemble, objects }, numbered),
  })
}
