import { CatalogueSoftmax } from '../mean/catalogue-softmax.ts'
import type { Lessons } from '../mean/draw-lessons.ts'
import { createAdam } from '../train/adam.ts'
import type { ContentRows } from '../train/content-features.ts'
import { createNormal, createRandom, type Random } from '../train/random.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { ItemTower } from './item-tower.ts'
import type { TowerShape } from './shape.ts'
import { UserTower } from './user-tower.ts'

export type TowersOptions = {
  /** Lessons at once, a multiple of 8. */
  readonly batch: number
  /** Items that the softmax is over at most. */
  readonly candidates: number
  /** Of each item among all rows; items with none are no candidates, so that their content is not learnt to be unwanted. */
  readonly shares: Float64Array
  readonly seed: number
}

/** Of the projection and the inner layer, as a factor on the embeddings' rate: their gradients are sums over many items or users. */
const SLOW = 0.2

/** Of the projection at the start over that of embeddings: above 0, for the profile could not leave it, and small, since likeness of words is not yet likeness of taste. */
const TERM_SCALE = 0.3

/** The two towers and the loss between them, over pool memory. */
export class Towers {
  readonly items: ItemTower
  readonly users: UserTower
  readonly #softmax: CatalogueSoftmax
  readonly #optimise: (learningRate: number) => Promise<void>

  constructor(pool: KernelPool, shape: TowerShape, content: ContentRows, options: TowersOptions) {
    const { shares } = options
    const { dim } = shape
    const among = Int32Array.from(shares.keys()).filter((item) => shares[item] > 0)
    this.items = new ItemTower(pool, shape, content)
    this.users = new UserTower(pool, shape, options.batch)
    this.#softmax = new CatalogueSoftmax(pool, { ...options, dim, itemCount: content.itemCount, among })
    this.#optimise = createAdam(pool, [
      { values: this.items.own, gradients: this.items.ownGradients },
      { values: this.items.projection, gradients: this.items.projectionGradients, pace: SLOW },
      { values: this.users.weights, gradients: this.users.weightGradients, pace: SLOW },
    ])
    this.#initialise(content, options.seed)
  }

  /** Writes the gradients of the mean loss of some users. @param dropped - See `ItemTower.compose`. @returns That loss. */
  async learn(lessons: Lessons, random: Random, dropped: number): Promise<number> {
    const { items, users } = this
    await items.compose(dropped, Math.floor(random() * 2 ** 31))
    await users.encode(lessons, items.table)
    const { table, gradients } = items
    const { queries, dqueries } = users
    const loss = await this.#softmax.compare(lessons, { queries, dqueries, table, gradients }, random)
    await users.encodeBack(lessons, gradients)
    await items.composeBack()
    return loss
  }

  /** One step along the gradients of `learn`. */
  step(learningRate: number): Promise<void> {
    return this.#optimise(learningRate)
  }

  /** Normal numbers of variance 1 / dim for items, less for terms, 1 / inputs within; the inner layer's output starts at zero: as pooling alone. */
  #initialise({ itemCount, termCount }: ContentRows, seed: number): void {
    const normal = createNormal(createRandom(seed))
    const { own, projection } = this.items
    const { shape, layout, weights } = this.users
    const { dim, profile } = shape
    for (let at = 0; at < itemCount * dim; at++) {
      const value = normal() / Math.sqrt(dim)
      own[at] = at % dim < dim - profile ? value : 0
    }
    for (let at = 0; at < termCount * dim; at++) projection[at] = (TERM_SCALE * normal()) / Math.sqrt(dim)
    const { at: from, rows, columns } = layout.up
    for (let at = from; at < from + rows * columns; at++) weights[at] = normal() / Math.sqrt(rows)
  }
}
