import type { TreeEnsemble } from '#contract/trees'
import { type BinEdges, binRows, type FeatureRows, findEdges } from './binning.ts'
import { addTree, joinTrees, pickFeatures } from './boosted-trees.ts'
import { createRandom } from './random.ts'
import { discountTable, type GainedGroups, idealDcg, meanNdcg } from './ranking-metric.ts'
import { type KernelPool, withPool } from './thread-pool.ts'
import { type BinTree, TreeGrower } from './tree-grower.ts'

/** Lists to learn from: rows of features, a gain per row, group g is rows `groups[g] … groups[g + 1] - 1`. */
export type RankingData = FeatureRows &
  GainedGroups & {
    /** What another model already gives each row; the trees learn what is left. Zeros when absent. */
    readonly initialScores?: Float32Array
    /** How often a pair of rows counts, by its better row, e.g. inverse propensities of where it stood; 1 when absent. */
    readonly weights?: Float32Array
  }

export type LambdaMartOptions = {
  readonly trees: number
  readonly leaves: number
  readonly learningRate: number
  readonly minRowsPerLeaf: number
  readonly l2: number
  readonly seed: number
  /** Feature layout number written into the ensemble, default 1. */
  readonly layout?: number
  /** Share of features each tree may use, default 1. */
  readonly featureFraction?: number
  /** Pairs are formed between the first `truncation` ranks and all others, default 30 as in LightGBM. */
  readonly truncation?: number
  /** Stops after `patience` (default 20) trees without a better NDCG@`ndcgAt` (default 10) and keeps the best number of trees. */
  readonly validation?: RankingData
  readonly patience?: number
  readonly ndcgAt?: number
  readonly pool?: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

export type LambdaMartResult = {
  readonly ensemble: TreeEnsemble
  /** NDCG on the validation data after each tree; empty without validation. */
  readonly validationNdcg: readonly number[]
}

/**
 * Trains LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010) on histograms, with LightGBM's truncation and normalisation of
 * lambdas. Leaves are rounded to multiples of 2^-16 as they are made, so that training scores are what any evaluator computes; thresholds are
 * float32 and rows with x <= threshold go left. Same seed and data, same trees, whatever the threads.
 */
export function trainLambdaMart(data: RankingData, options: LambdaMartOptions): Promise<LambdaMartResult> {
  return withPool(options.pool, async (pool) => {
    const edges = findEdges(data)
    const binned = await binRows(pool, data, edges)
    const grower = new TreeGrower(pool, binned, edges, { ...options, minGain: 1e-9 })
    const scores = pool.f32(binned.rowCount)
    if (data.initialScores !== undefined) scores.set(data.initialScores)
    const computeLambdas = createLambdas(pool, data, {
      scores,
      gradients: grower.gradients,
      truncation: options.truncation ?? 30,
    })
    const watcher = options.validation === undefined ? undefined : await watch(pool, options.validation, edges, options)
    const random = createRandom(options.seed)
    const trees: BinTree[] = []
    while (trees.length < options.trees && !watcher?.isDone()) {
      await computeLambdas()
      const tree = await grower.grow(pickFeatures(edges, options.featureFraction ?? 1, random), scores)
      trees.push(tree)
      await watcher?.add(tree)
      options.onProgress?.(trees.length, options.trees)
    }
    const kept = watcher === undefined ? trees : trees.slice(0, watcher.best())
    return { ensemble: joinTrees(kept, edges, options.layout ?? 1), validationNdcg: watcher?.history ?? [] }
  })
}

/** What the kernel needs for lists of at most `longest` rows. */
export function lambdaScratchBytes(longest: number): number {
  return 8 * 4 * (longest + 4) + 4_096
}

/** Fills the grower's gradients from the current scores. */
function createLambdas(
  pool: KernelPool,
  data: RankingData,
  job: { readonly scores: Float32Array; readonly gradients: Float32Array; readonly truncation: number },
): () => Promise<void> {
  const groupCount = data.groups.length - 1
  let longest = 0
  for (let g = 0; g < groupCount; g++) longest = Math.max(longest, data.groups[g + 1] - data.groups[g])
  const groups = pool.copyI32(data.groups)
  const gains = pool.copyF32(data.gains)
  const discounts = pool.copyF32(discountTable(longest + 4))
  const inverse = pool.copyF32(
    Float32Array.from(idealDcg(data, job.truncation), (ideal) => (ideal > 0 ? 1 / ideal : 0)),
  )
  const arrays = [groups, job.scores, gains, discounts, inverse, job.gradients]
  const weights = data.weights === undefined ? 0 : pool.copyF32(data.weights).byteOffset
  const args = [...arrays.map((array) => array.byteOffset), job.truncation, weights]
  return () =>
    pool.run({ kernel: 'lambdas', tasks: groupCount, chunk: 64, scratchBytes: lambdaScratchBytes(longest), args })
}

type Watcher = {
  readonly history: number[]
  add(tree: BinTree): Promise<void>
  isDone(): boolean
  best(): number
}

async function watch(
  pool: KernelPool,
  data: RankingData,
  edges: BinEdges,
  options: LambdaMartOptions,
): Promise<Watcher> {
  const binned = await binRows(pool, data, edges)
  const k = options.ndcgAt ?? 10
  const ideal = idealDcg(data, k)
  const scores = pool.f32(binned.rowCount)
  if (data.initialScores !== undefined) scores.set(data.initialScores)
  const history: number[] = []
  const best = () => history.indexOf(Math.max(...history)) + 1
  return {
    history,
    best,
    isDone: () => history.length - best() >= (options.patience ?? 20),
    add: async (tree) => {
      await addTree(pool, tree, binned, scores)
      history.push(meanNdcg(data, scores, k, ideal))
    },
  }
}
