import type { Dataset } from '../dataset.ts'
import { fitModels, type ModelOptions } from '../fit/fit-models.ts'
import { pickSignals, selectUsers } from '../fit/select-users.ts'
import { type AssembledRelease, type AssembleOptions, assembleRelease } from '../release/assemble.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import { withoutRows } from '../train/log-rows.ts'
import { createRandom, randomOf, shuffle } from '../train/random.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Visitors } from '../train/validation-users.ts'
import { type Moment, splitHistory } from './split-history.ts'

/** A model that has not seen what some users took at one moment, and those users: these rows are honest labels. */
export type Fold = {
  readonly release: AssembledRelease
  readonly models: FittedModels
  readonly users: Int32Array
  /** When known visitors must be asked; new ones may be asked at any moment. */
  readonly moment: Moment
}

export type CrossFitOptions = {
  readonly models: ModelOptions
  readonly assemble: AssembleOptions
  readonly folds: number
  /** Whether a fold's model learns from the other rows of its users. */
  readonly visitors: Visitors
  /** Share of a known visitor's rows that is held out. */
  readonly heldShare: number
  /** Users asked in all, over the folds. */
  readonly maxUsers: number
  readonly minUserItems: number
  readonly seed: number
  readonly pool: KernelPool
  readonly onProgress?: (fold: number, share: number) => void
}

/** Items of one plain cell: a cross-fit model is never shipped, so its cells need no meaning. */
const PLAIN_CELL = 60_000

/** Share of users that a single fold keeps apart. */
const SINGLE_FOLD_SHARE = 0.2

/**
 * Fits the first stage without what some users took, fold by fold, exactly as a release is made (grid, voters, columns), and yields each with these users.
 * New visitors: a fold's users are left out entirely (a fifth of all with one fold). Known ones: each fold asks other users, and once everybody was asked, or
 * where there are few, the same at another moment; only what they took from then on is left out.
 */
export async function* crossFit(dataset: Dataset, options: CrossFitOptions): AsyncGenerator<Fold> {
  const { itemCount } = dataset.interactions
  const headSlices = Array.from({ length: Math.ceil(itemCount / PLAIN_CELL) }, () => PLAIN_CELL)
  const partOf = options.visitors === 'known' ? knownVisitors(dataset, options) : newVisitors(dataset, options)
  for (let fold = 0; fold < options.folds; fold++) {
    const { rest, users, moment } = partOf(fold)
    const models = await fitModels(rest, options.models, options.pool, (_step, done, total) =>
      options.onProgress?.(fold, done / total),
    )
    const release = await assembleRelease(rest, models, null, {
      ...options.assemble,
      headSlices,
      firstSliceBytes: Number.POSITIVE_INFINITY,
      graphMinItems: Number.POSITIVE_INFINITY,
    })
    yield { release, models, users, moment }
  }
}

/** What a fold is fitted on, and who is asked when. */
type Part = Pick<Fold, 'users' | 'moment'> & { readonly rest: Dataset }

function newVisitors(dataset: Dataset, { folds, maxUsers, minUserItems, seed }: CrossFitOptions) {
  const log = dataset.interactions
  const order = shuffledUsers(log, seed)
  const size = folds === 1 ? Math.ceil(log.userCount * SINGLE_FOLD_SHARE) : Math.ceil(log.userCount / folds)
  return (fold: number): Part => {
    const apart = order.slice(fold * size, (fold + 1) * size)
    const users = usable(log, apart, minUserItems).slice(0, Math.ceil(maxUsers / folds))
    const isApart = new Uint8Array(log.userCount)
    for (const user of apart) isApart[user] = 1
    const rest = selectUsers(dataset, order.filter((user) => isApart[user] === 0).sort())
    return { rest, users, moment: { earlier: 0, seed } }
  }
}

function knownVisitors(dataset: Dataset, { folds, maxUsers, minUserItems, seed, heldShare }: CrossFitOptions) {
  const log = dataset.interactions
  const everybody = usable(log, shuffledUsers(log, seed), minUserItems)
  const parts = Math.max(1, Math.min(folds, Math.round((everybody.length * folds) / maxUsers)))
  const size = Math.min(Math.ceil(maxUsers / folds), Math.ceil(everybody.length / parts))
  return (fold: number): Part => {
    const from = (fold % parts) * size
    const users = everybody.slice(from, from + size)
    const moment = { earlier: log.order === 'none' ? 0 : Math.floor(fold / parts), seed: seed + fold }
    const isHeld = new Uint8Array(log.item.length)
    for (const user of users) {
      const random = randomOf(moment.seed, user)
      const split = splitHistory(log, user, { heldShare, random, earlier: moment.earlier })
      if (split === null) continue
      // Of an ordered history all that follows goes as well, not only what is asked for.
      if (log.order !== 'none') isHeld.fill(1, split.held[0], log.userOffsets[user + 1])
      else for (const row of split.held) isHeld[row] = 1
    }
    return { rest: withoutHeld(dataset, isHeld), users, moment }
  }
}

/** A dataset without the held rows, and without what else is known of these people and items. */
function withoutHeld(dataset: Dataset, isHeld: Uint8Array): Dataset {
  const { interactions: log, signals, items } = dataset
  const rest = { ...dataset, interactions: withoutRows(log, isHeld) }
  if (signals === undefined) return rest
  const held = new Set<number>()
  for (let user = 0; user < log.userCount; user++) {
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++)
      if (isHeld[row] === 1) held.add(user * items.length + log.item[row])
  }
  return {
    ...rest,
    signals: pickSignals(signals, (at) => !held.has(signals.user[at] * items.length + signals.item[at])),
  }
}

function shuffledUsers({ userCount }: Dataset['interactions'], seed: number): Int32Array {
  const order = Int32Array.from({ length: userCount }, (_, user) => user)
  shuffle(order, createRandom(seed))
  return order
}

function usable({ userOffsets }: Dataset['interactions'], users: Int32Array, minUserItems: number): Int32Array {
  return users.filter((user) => userOffsets[user + 1] - userOffsets[user] >= minUserItems)
}
