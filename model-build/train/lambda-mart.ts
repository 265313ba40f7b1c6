import { LEAF_STEP, LEAF_SUM_LIMIT, type TreeEnsemble } from '#contract/trees'
import { type BinEdges, type BinnedRows, binRows, findEdges } from './binning.ts'
import { createRandom, shuffle } from './random.ts'
import { discountTable, idealDcg, LABEL_GAINS, type LabelledGroups, meanNdcg } from './ranking-metric.ts'
import { type KernelPool, withPool } from './thread-pool.ts'
import { type BinTree, TreeGrower } from './tree-grower.ts'

/** Lists to learn from: row-major finite `features`, labels 0 … 31 (gain 2^label - 1), group g is rows `groups[g] … groups[g + 1] - 1`. */
export type RankingData = LabelledGroups & {
  readonly features: Float32Array
  readonly featureCount: number
  /** What another model already gives each row; the trees learn what is left. Zeros when absent. */
  readonly initialScores?: Float32Array
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
    const edges = findEdges({ values: data.features, featureCount: data.featureCount })
    const binned = await binRows(pool, { values: data.features, featureCount: data.featureCount }, edges)
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
      const tree = await grower.grow(pickFeatures(data.featureCount, options.featureFraction ?? 1, random), scores)
      trees.push(tree)
      watcher?.add(tree)
      options.onProgress?.(trees.length, options.trees)
    }
    const kept = watcher === undefined ? trees : trees.slice(0, watcher.best())
    return { ensemble: assemble(kept, edges, options.layout ?? 1), validationNdcg: watcher?.history ?? [] }
  })
}

function pickFeatures(count: number, fraction: number, random: () => number): Int32Array {
  const all = Int32Array.from({ length: count }, (_, f) => f)
  if (fraction >= 1) return all
  shuffle(all, random)
  return all.slice(0, Math.max(1, Math.round(count * fraction))).sort()
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
  const labels = pool.u8(data.labels.length)
  labels.set(data.labels)
  const gains = pool.copyF32(LABEL_GAINS)
  const discounts = pool.copyF32(discountTable(longest + 4))
  const inverse = pool.copyF32(
    Float32Array.from(idealDcg(data, job.truncation), (ideal) => (ideal > 0 ? 1 / ideal : 0)),
  )
  const arrays = [groups, job.scores, labels, gains, discounts, inverse, job.gradients]
  const args = [...arrays.map((array) => array.byteOffset), job.truncation]
  return () => pool.run({ kernel: 'lambdas', tasks: groupCount, chunk: 64, scratchBytes: (longest + 4) * 24, args })
}

type Watcher = {
  readonly history: number[]
  add(tree: BinTree): void
  isDone(): boolean
  best(): number
}

async function watch(
  pool: KernelPool,
  data: RankingData,
  edges: BinEdges,
  options: LambdaMartOptions,
): Promise<Watcher> {
  const binned = await binRows(pool, { values: data.features, featureCount: data.featureCount }, edges)
  const k = options.ndcgAt ?? 10
  const ideal = idealDcg(data, k)
  const scores = data.initialScores?.slice() ?? new Float32Array(binned.rowCount)
  const history: number[] = []
  const best = () => history.indexOf(Math.max(...history)) + 1
  return {
    history,
    best,
    isDone: () => history.length - best() >= (options.patience ?? 20),
    add: (tree) => {
      addScores(tree, binned, scores)
      history.push(meanNdcg(data, scores, k, ideal))
    },
  }
}

function addScores(tree: BinTree, rows: BinnedRows, scores: Float32Array): void {
  const { bins, stride } = rows
  const root = tree.feature.length === 0 ? -1 : 0
  for (let r = 0, base = 0; r < rows.rowCount; r++, base += stride) {
    let node = root
    while (node >= 0) node = bins[base + tree.feature[node]] <= tree.bin[node] ? tree.left[node] : tree.right[node]
    scores[r] += tree.leaf[-node - 1] * LEAF_STEP
  }
}

/** Joins trees, turning bins into float32 thresholds. Leaves are scaled down if their largest possible sum leaves the exact range. */
function assemble(trees: readonly BinTree[], edges: BinEdges, layout: number): TreeEnsemble {
  const largest = trees.reduce((sum, tree) => sum + Math.max(...tree.leaf.map(Math.abs)), 0)
  const scale = largest < LEAF_SUM_LIMIT ? 1 : (LEAF_SUM_LIMIT - trees.length) / largest
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0)
  const ensemble = {
    layout,
    featureCount: edges.featureCount,
    roots: new Int32Array(trees.length),
    feature: new Uint16Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    leaf: Int32Array.from(
      trees.flatMap((tree) => tree.leaf),
      (steps) => Math.round(steps * scale),
    ),
  }
  let node = 0
  let leaf = 0
  trees.forEach((tree, t) => {
    const place = (child: number) => (child >= 0 ? child + node : child - leaf)
    ensemble.roots[t] = tree.feature.length === 0 ? -1 - leaf : node
    tree.feature.forEach((feature, n) => {
      ensemble.feature[node + n] = feature
      ensemble.threshold[node + n] = edges.edges[feature * 256 + tree.bin[n]]
      ensemble.left[node + n] = place(tree.left[n])
      ensemble.right[node + n] = place(tree.right[n])
    })
    node += tree.feature.length
    leaf += tree.leaf.length
  })
  return ensemble
}
