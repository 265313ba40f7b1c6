import type { CatalogueItem } from '../dataset.ts'
import { embedContent, trainContentMap } from '../train/content-map.ts'
import type { KernelPool } from '../train/thread-pool.ts'

export type ContentOptions = {
  readonly dim: number
  /** Collaborative vectors, row-major, or null without a log. */
  readonly vectors: Float32Array | null
  /** 1 where the collaborative vector may be used. */
  readonly hasEvidence: Uint8Array
  readonly support: Int32Array
  readonly seed: number
  readonly pool: KernelPool
}

/** Item vectors with those without evidence replaced by what their content predicts; without a log all come from content alone. */
export async function addContentVectors(
  items: readonly CatalogueItem[],
  options: ContentOptions,
): Promise<Float32Array> {
  const { dim, seed, pool, vectors: own, hasEvidence, support } = options
  if (own === null || !hasEvidence.includes(1)) return embedContent(items, { dim, seed, pool })
  if (!hasEvidence.includes(0)) return own
  const evidence = support.map((users, item) => (hasEvidence[item] === 1 ? users : 0))
  const { vectors: predicted } = await trainContentMap(items, own, evidence, { dim, seed, pool })
  return own.map((value, at) => (hasEvidence[Math.floor(at / dim)] === 1 ? value : predicted[at]))
}
