import type { TreeEnsemble } from '#contract/trees'
import { binRows, findEdges } from './binning.ts'
import { addTree, joinTrees, pickFeatures } from './boosted-trees.ts'
import { createRandom } from './random.ts'
import { type KernelPool, withPool } from './thread-pool.ts'
import { type BinTree, TreeGrower } from './tree-grower.ts'

/** Rows with a label: row-major finite `features`, labels 0 or 1 (or a share between), a starting log-odds for all. */
export type LogisticData = {
  readonly features: Float32Array
  readonly featureCount: number
  readonly labels: Float32Array
  readonly base: number
}

export type LogisticTreesOptions = {
  readonly trees: number
  readonly leaves: number
  readonly learningRate: number
  readonly minRowsPerLeaf: number
  readonly l2: number
  readonly featureFraction: number
  readonly seed: number
  /** Stops after `patience` trees without a better log loss here, and keeps the best number of trees. */
  readonly validation?: Omit<LogisticData, 'base'>
  readonly patience?: number
  readonly pool?: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

export type LogisticTrees = {
  readonly ensemble: TreeEnsemble
  /** Log loss on the validation rows after each tree; empty without them. */
  readonly validationLoss: readonly number[]
}

/**
 * Boosts trees on the logistic loss by Newton steps (Friedman 2001; histograms and leaf-wise growth as in LightGBM). A row's log-odds are
 * `base` plus the ensemble's score. Same seed and data, same trees, whatever the threads.
 */
export function trainLogisticTrees(data: LogisticData, options: LogisticTreesOptions): Promise<LogisticTrees> {
  return withPool(options.pool, (pool) =>
    pool.scope(async () => {
      const edges = findEdges({ pieces: [data.features], featureCount: data.featureCount })
      const binned = await binRows(pool, { pieces: [data.features], featureCount: data.featureCount }, edges)
      const grower = new TreeGrower(pool, binned, edges, { ...options, minGain: 1e-6 })
      const scores = pool.f32(binned.rowCount).fill(data.base)
      const { validation } = options
      const judged =
        validation && (await binRows(pool, { pieces: [validation.features], featureCount: data.featureCount }, edges))
      const judgedScores = pool.f32(judged?.rowCount ?? 0).fill(data.base)
      const losses: number[] = []
      const bestCount = () => losses.indexOf(Math.min(...losses)) + 1
      const random = createRandom(options.seed)
      const trees: BinTree[] = []
      while (trees.length < options.trees && losses.length - bestCount() < (options.patience ?? 20)) {
        fillGradients(scores, data.labels, grower.gradients)
        const tree = await grower.grow(pickFeatures(edges, options.featureFraction, random), scores)
        trees.push(tree)
        options.onProgress?.(trees.length, options.trees)
        if (validation === undefined || judged === undefined) continue
        await addTree(pool, tree, judged, judgedScores)
        losses.push(logLoss(judgedScores, validation.labels))
      }
      const kept = judged === undefined ? trees : trees.slice(0, bestCount())
      return { ensemble: joinTrees(kept, edges, 1), validationLoss: losses }
    }),
  )
}

function fillGradients(scores: Float32Array, labels: Float32Array, gradients: Float32Array): void {
  for (let r = 0; r < scores.length; r++) {
    const p = 1 / (1 + Math.exp(-scores[r]))
    gradients[2 * r] = p - labels[r]
    gradients[2 * r + 1] = p * (1 - p)
  }
}

/** Mean log loss of log-odds. */
function logLoss(scores: Float32Array, labels: Float32Array): number {
  let sum = 0
  for (let r = 0; r < scores.length; r++) {
    const x = scores[r]
    sum += Math.max(x, 0) - x * labels[r] + Math.log1p(Math.exp(-Math.abs(x)))
  }
  return sum / scores.length
}
