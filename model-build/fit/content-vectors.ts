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
  /** Taken as it is, in place of choosing one. */
  readonly ridge: number | null
  readonly seed: number
  readonly pool: KernelPool
}

/** Item vectors with those without evidence replaced by what their content predicts; without a log all come from content alone. */
export async function addContentVectors(
  items: readonly CatalogueItem[],
  options: ContentOptions,
): Promise<{ readonly vectors: Float32Array; readonly ridge: number | null }> {
  const { dim, seed, pool, vectors: own, hasEvidence, support } = options
  if (own === null || !hasEvidence.includes(1))
    return { vectors: await embedContent(items, { dim, seed, pool }), ridge: null }
  if (!hasEvidence.includes(0)) return { vectors: own, ridge: null }
  const evidence = support.map((users, item) => (hasEvidence[item] === 1 ? users : 0))
  const ridges = options.ridge === null ? {} : { ridges: [options.ridge] }
  const { vectors: predicted, ridge } = await trainContentMap(items, own, evidence, { dim, seed, pool, ...ridges })
  return { vectors: own.map((value, at) => (hasEvidence[Math.floor(at / dim)] === 1 ? value : predicted[at])), ridge }
}
