import { scoreTrees, type TreeEnsemble } from '#contract/trees'
import type { Report } from '../pipeline/progress.ts'
import { trainLogisticTrees } from '../train/logistic-trees.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Blocks, divideRows, type Relation } from './blocks.ts'
import { logLossOfLogOdds } from './click-metrics.ts'
import { missingValues, toMatrix } from './feature-matrix.ts'
import { machineColumn } from './machine-column.ts'
import type { Impressions } from './read-impressions.ts'
import { fitStack, type Stack, stackLogOdds } from './stack.ts'
import { type FeatureColumn, planStatistics, rowsOf, statisticFeatures } from './statistic-features.ts'
import { logit, sigmoid } from './target-statistics.ts'

/** Probabilities of the test rows, in their order, and what was chosen on the way. */
export type ClickFit = {
  readonly probabilities: Float64Array
  readonly relation: Relation
  readonly features: number
  readonly pairs: readonly string[]
  readonly trees: number
  /** Log loss on the validation block by model, and each model's weight in the blend. */
  readonly validation: Readonly<Record<string, number>>
  readonly weights: Readonly<Record<string, number>>
}

const TREES = { leaves: 31, minRowsPerLeaf: 40, l2: 5, featureFraction: 0.6 } as const
const MOST_TREES = 600
const PATIENCE = 30

/** A member of the blend: log-odds on the validation block (from a fit without it) and on the test rows. */
type Member = { readonly name: string; readonly judged: Float32Array; readonly test: Float32Array }

/** Fits everything on the train rows and scores the test rows; see docs/evaluation.md. */
export async function fitClicks(
  rows: Impressions,
  job: { readonly pool: KernelPool; readonly seed: number; readonly report: Report },
): Promise<ClickFit> {
  const { pool, seed, report } = job
  const blocks = divideRows(rows, seed)
  const judged = blocks.isOrdered ? blocks.count - 1 : 0
  const plan = await report.step('choose statistics', async () => planStatistics(rows, blocks))
  const statistics = await report.step('compute features', async () => statisticFeatures(rows, blocks, plan))
  const machine = await report.step('train factorisation machines', () =>
    machineColumn(rows, blocks, plan, { pool, judged, seed }),
  )
  const columns = [...statistics, machine.column]
  const judgedRows = rowsOf(rows, blocks, judged)
  const testRows = rowsOf(rows, blocks, blocks.count)
  const pick = (list: Int32Array) => Float32Array.from(list, (row) => machine.column.values[row])
  const trees = await report.step('train trees', (onShare) =>
    treeMember({ rows, blocks, columns, judged, pool, seed, onShare }),
  )
  const members: Member[] = [
    { name: 'trees', judged: trees.judged, test: trees.test },
    { name: 'factorisation machine', judged: pick(judgedRows), test: pick(testRows) },
  ]
  const labels = Float32Array.from(judgedRows, (row) => rows.label[row])
  const stack = fitStack(
    members.map((member) => member.judged),
    labels,
  )
  const blended = stackLogOdds(
    stack,
    members.map((member) => member.test),
  )
  return {
    probabilities: Float64Array.from(blended, sigmoid),
    relation: blocks.relation,
    features: columns.length,
    pairs: plan.pairs.map(({ groups }) => groups.name),
    trees: trees.count,
    validation: validationLosses(members, stack, labels),
    weights: Object.fromEntries(members.map(({ name }, k) => [name, stack.weights[k]])),
  }
}

function validationLosses(members: readonly Member[], stack: Stack, labels: Float32Array): Record<string, number> {
  const own = members.map(({ name, judged }) => [name, logLossOfLogOdds(judged, labels)] as const)
  const blend = logLossOfLogOdds(
    stackLogOdds(
      stack,
      members.map(({ judged }) => judged),
    ),
    labels,
  )
  return { ...Object.fromEntries(own), blend }
}

type TreeJob = {
  readonly rows: Impressions
  readonly blocks: Blocks
  readonly columns: readonly FeatureColumn[]
  readonly judged: number
  readonly pool: KernelPool
  readonly seed: number
  readonly onShare: (share: number) => void
}

/** Chooses the number of trees without the validation block's rows, then trains that many on all. */
async function treeMember(job: TreeJob): Promise<Omit<Member, 'name'> & { readonly count: number }> {
  const { rows, blocks, columns, judged, pool, seed } = job
  const missing = missingValues(columns)
  const learnt = joinRows(blocks.learnt.filter((block) => block !== judged).map((block) => rowsOf(rows, blocks, block)))
  const validationRows = rowsOf(rows, blocks, judged)
  const dataOf = (list: Int32Array) => {
    const { values, featureCount } = toMatrix(columns, missing, list)
    const labels = Float32Array.from(list, (row) => rows.label[row])
    const mean = labels.reduce((sum, label) => sum + label, 0.5) / (labels.length + 1)
    return { features: values, featureCount, labels, base: logit(mean) }
  }
  const train = dataOf(learnt)
  const validation = dataOf(validationRows)
  const learningRate = learnt.length > 300_000 ? 0.06 : 0.04
  const options = { ...TREES, learningRate, seed, pool }
  const first = await trainLogisticTrees(train, {
    ...options,
    trees: MOST_TREES,
    patience: PATIENCE,
    validation,
    onProgress: (done, total) => job.onShare((0.5 * done) / total),
  })
  const count = Math.max(1, first.ensemble.roots.length)
  const whole = dataOf(joinRows([learnt, validationRows]))
  const final = await trainLogisticTrees(whole, {
    ...options,
    trees: count,
    onProgress: (done, total) => job.onShare(0.5 + (0.5 * done) / total),
  })
  const test = toMatrix(columns, missing, rowsOf(rows, blocks, blocks.count))
  return {
    judged: logOdds(first.ensemble, validation.features, train.base),
    test: logOdds(final.ensemble, test.values, whole.base),
    count,
  }
}

function logOdds(trees: TreeEnsemble, features: Float32Array, base: number): Float32Array {
  return scoreTrees(trees, features, features.length / trees.featureCount).map((score) => score + base)
}

function joinRows(lists: readonly Int32Array[]): Int32Array {
  return Int32Array.from(lists.flatMap((list) => [...list])).sort()
}
