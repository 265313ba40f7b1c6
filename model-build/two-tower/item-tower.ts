import type { ContentRows } from '../train/content-features.ts'
import { createRandom } from '../train/random.ts'
import { createSparseProduct, type SparseProduct } from '../train/sparse-product.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { TowerShape } from './shape.ts'

/**
 * The item tower with its gradients, over pool memory: an item's vector is an embedding of its own plus a linear projection of its content, so that
 * an item without any click has a vector as well. The last `profile` dimensions are content alone.
 */
export class ItemTower {
  /** Embeddings, row-major, items x dim, padded to whole blocks of the optimiser; the last `profile` of each row stay 0. */
  readonly own: Float32Array
  readonly ownGradients: Float32Array
  /** The projection, row-major, terms x dim, padded likewise. */
  readonly projection: Float32Array
  readonly projectionGradients: Float32Array
  /** Of the last `compose`: vectors, items x dim, and room for their gradients. */
  readonly table: Float32Array
  readonly gradients: Float32Array
  readonly #shape: Pick<TowerShape, 'dim' | 'profile'>
  readonly #termCount: number
  readonly #product: SparseProduct
  readonly #isDropped: Uint8Array

  constructor(pool: KernelPool, shape: Pick<TowerShape, 'dim' | 'profile'>, content: ContentRows) {
    const { dim } = shape
    const padded = (rows: number): number => Math.ceil((rows * dim) / 256) * 256
    this.#shape = shape
    this.#termCount = content.termCount
    this.#isDropped = new Uint8Array(content.itemCount)
    this.own = pool.f32(padded(content.itemCount))
    this.ownGradients = pool.f32(padded(content.itemCount))
    this.projection = pool.f32(padded(content.termCount))
    this.projectionGradients = pool.f32(padded(content.termCount))
    this.table = pool.f32(content.itemCount * dim)
    this.gradients = pool.f32(content.itemCount * dim)
    this.#product = createSparseProduct(pool, content, dim)
  }

  /** Writes `table`. @param dropped - Share of items that go without their own embedding this time (DropoutNet: Volkovs et al. 2017). */
  async compose(dropped: number, seed: number): Promise<void> {
    const { table, own } = this
    const { dim } = this.#shape
    table.set(await this.#project())
    const random = createRandom(seed)
    for (let item = 0; item < this.#isDropped.length; item++) {
      this.#isDropped[item] = dropped > 0 && random() < dropped ? 1 : 0
      if (this.#isDropped[item] === 1) continue
      for (let at = item * dim; at < (item + 1) * dim; at++) table[at] += own[at]
    }
  }

  /** Vectors of all items with other embeddings than `own`, row-major; owned by the caller. */
  async vectorsWith(embeddings: Float32Array): Promise<Float32Array> {
    return (await this.#project()).map((value, at) => value + embeddings[at])
  }

  /** Passes `gradients` on to embeddings and projection, and clears them. */
  async composeBack(): Promise<void> {
    const { dim, profile } = this.#shape
    const { gradients, ownGradients } = this
    this.projectionGradients.set(await this.#product.multiplyTransposed(gradients))
    for (let item = 0; item < this.#isDropped.length; item++) {
      if (this.#isDropped[item] === 1) continue
      const from = item * dim
      for (let at = from; at < from + dim - profile; at++) ownGradients[at] = gradients[at]
    }
    gradients.fill(0)
  }

  #project(): Promise<Float32Array> {
    return this.#product.multiply(this.projection.subarray(0, this.#termCount * this.#shape.dim))
  }
}
