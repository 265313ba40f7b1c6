import { LIMITS } from '#contract/limits'
import { batchOf, createDealer, LOOK_BACK } from '../mean/draw-lessons.ts'
import { sharesOf } from '../mean/train-mean.ts'
import type { Histories } from '../sequence/batches.ts'
import { fillRare } from '../sequence/fit-sequence.ts'
import type { ContentRows } from '../train/content-features.ts'
import { createRandom } from '../train/random.ts'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import type { TowerShape } from './shape.ts'
import { Towers } from './towers.ts'

/** What validation chooses of training. */
export type TwoTowerSettings = {
  readonly epochs: number
  /** Share of a history that is shown, the rest is to be found; where order means something, 0: a moment is drawn and what follows is to be found. */
  readonly shown: number
  /** One pool each: the k-th latest item of what is shown weighs ratio^k. */
  readonly ratios: readonly number[]
}

export type TwoTowerOptions = TwoTowerSettings & {
  readonly dim: number
  readonly seed: number
  /** Items that the softmax is over at most; larger catalogues are sampled. */
  readonly candidates?: number
  readonly pool?: KernelPool
}

/** A trained user tower, its weights as `layOutTower` lays them out, and what the item tower gives for every item, row-major. */
export type TwoTowerModel = {
  readonly kind: 'twoTower'
  readonly shape: TowerShape
  readonly weights: Float32Array
  readonly items: Float32Array
}

/** Called after each epoch with a maker of the model as it is; stops training by returning true. `epoch` counts from 1. */
export type AfterEpoch = (takeModel: () => Promise<TwoTowerModel>, epoch: number) => Promise<boolean>

const HIDDEN = 128

/** Of 64 dimensions. */
const PROFILE_SHARE = 1 / 8

const LEARNING_RATE = 0.01

const CANDIDATES = 4096

/** Share of items that go without their own embedding in a step, so that content learns to stand alone. */
const DROPPED = 0.2

/**
 * Trains both towers by softmax cross-entropy over the catalogue, sampled with correction where it is large (Yi et al., RecSys 2019): what is shown of a
 * history must point at what else its user takes. Adam; the same seed and input give the same bits whatever the number of threads.
 * @param content - A row per item.
 */
export function trainTwoTower(
  histories: Histories,
  content: ContentRows,
  options: TwoTowerOptions,
  afterEpoch?: AfterEpoch,
): Promise<TwoTowerModel> {
  const { seed, candidates = CANDIDATES } = options
  return withPool(options.pool, async (pool) => {
    const batch = batchOf(histories)
    const random = createRandom(seed * 2 + 1)
    const shape = shapeOf(options)
    const shares = sharesOf(histories, content.itemCount)
    const towers = new Towers(pool, shape, content, { batch, candidates, shares, seed })
    const deal = createDealer(histories, { batch, shown: options.shown, ratio: 1, random })
    const takeModel = () => modelOf(towers, histories)
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      for (const lessons of deal()) {
        await towers.learn(lessons, random, DROPPED)
        await towers.step(LEARNING_RATE)
      }
      if ((await afterEpoch?.(takeModel, epoch)) === true) break
    }
    return takeModel()
  })
}

function shapeOf({ dim, shown, ratios }: TwoTowerOptions): TowerShape {
  const length = shown > 0 ? LIMITS.historyItems : LOOK_BACK
  const profile = 4 * Math.round((dim * PROFILE_SHARE) / 4)
  return { dim, profile, hidden: HIDDEN, length, ratios }
}

/** Items that no history has get the mean embedding of the rarest beside their content: what is known of them is that they are rare. */
async function modelOf({ items, users }: Towers, histories: Histories): Promise<TwoTowerModel> {
  const { shape } = users
  const own = items.own.slice(0, items.table.length)
  fillRare(own, histories, shape.dim)
  return { kind: 'twoTower', shape, weights: users.weights.slice(), items: await items.vectorsWith(own) }
}
