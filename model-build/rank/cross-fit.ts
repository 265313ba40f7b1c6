import type { Dataset } from '../dataset.ts'
import { fitModels, type ModelOptions } from '../fit/fit-models.ts'
import { selectUsers } from '../fit/select-users.ts'
import { type AssembledRelease, type AssembleOptions, assembleRelease } from '../release/assemble.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import { createRandom, shuffle } from '../train/random.ts'
import type { KernelPool } from '../train/thread-pool.ts'

/** A model that has not seen some users, and those users: their held-out rows are honest labels. */
export type Fold = {
  readonly release: AssembledRelease
  readonly models: FittedModels
  readonly users: Int32Array
}

export type CrossFitOptions = {
  readonly models: ModelOptions
  readonly assemble: AssembleOptions
  readonly folds: number
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
 * Fits the first stage without some users, fold by fold, exactly as a release is made (grid, voters, columns), and yields
 * each with the users it has not seen. With one fold a fifth of the users is kept apart.
 */
export async function* crossFit(dataset: Dataset, options: CrossFitOptions): AsyncGenerator<Fold> {
  const { userOffsets, userCount, itemCount } = dataset.interactions
  const order = Int32Array.from({ length: userCount }, (_, user) => user)
  shuffle(order, createRandom(options.seed))
  const size = options.folds === 1 ? Math.ceil(userCount * SINGLE_FOLD_SHARE) : Math.ceil(userCount / options.folds)
  const perFold = Math.ceil(options.maxUsers / options.folds)
  const headSlices = Array.from({ length: Math.ceil(itemCount / PLAIN_CELL) }, () => PLAIN_CELL)
  for (let fold = 0; fold < options.folds; fold++) {
    const apart = order.slice(fold * size, (fold + 1) * size)
    const asked = apart
      .filter((user) => userOffsets[user + 1] - userOffsets[user] >= options.minUserItems)
      .slice(0, perFold)
    const isApart = new Uint8Array(userCount)
    for (const user of apart) isApart[user] = 1
    const rest = selectUsers(dataset, Int32Array.from(order.filter((user) => isApart[user] === 0)).sort())
    const models = await fitModels(rest, options.models, options.pool, (_step, done, total) =>
      options.onProgress?.(fold, done / total),
    )
    const release = await assembleRelease(rest, models, null, {
      ...options.assemble,
      headSlices,
      graphMinItems: Number.POSITIVE_INFINITY,
    })
    yield { release, models, users: asked }
  }
}
