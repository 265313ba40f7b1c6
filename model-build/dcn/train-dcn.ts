import type { Slice } from '../sequence/shape.ts'
import { createAdam } from '../train/adam.ts'
import { createNormal, createRandom, type Random, shuffle } from '../train/random.ts'
import { hasGain } from '../train/ranking-metric.ts'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import { type DcnModel, type DcnScorer, MOST_ROWS, putRow, roundWeights, scoreRows } from './dcn-model.ts'
import { drawRows } from './draw-rows.ts'
import { listwiseLoss } from './listwise-loss.ts'
import { DcnNetwork } from './network.ts'
import { DCN_SHAPE, type DcnShape } from './shape.ts'
import { type FeatureRows, fitStandard, type Standard } from './standardise.ts'

/** The candidates of one history. */
export type RankingList = FeatureRows & {
  /** What finding a candidate is worth; 0 for most. */
  readonly gains: Float32Array
  /** What another model already gives each candidate; the network learns what is left. */
  readonly initial: Float32Array
}

export type DcnOptions = {
  readonly features: number
  readonly seed: number
  /** Epochs at most; training ends before when validation has not improved for a while. */
  readonly epochs?: number
  /** How good lists are in the network's order beside what they start from; higher is better. */
  readonly judge: (score: DcnScorer) => Promise<number>
  readonly pool?: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

const EPOCHS = 40

const PATIENCE = 8

const LEARNING_RATE = 0.002

/** See `createAdam`; on some thousand lists a weaker one follows noise. */
const DECAY = 2.5

/** Lists of one step at most, and about how many rows of each it looks at. */
const BATCH = { lists: 32, rows: 128 } as const

/** Few lists take smaller steps of more of them: at least so many an epoch. */
const LEAST_STEPS = 40

/** Weights are judged and shipped as running means of about a hundred steps, which are calmer than the last ones. */
const KEPT = 0.99

/**
 * Trains a deep and cross network by softmax cross-entropy over lists, beside what the lists start from, and keeps the epoch that validation likes
 * best: none of them (scores of zero) where none is better than the start. Adam with decay; the same seed and lists give the same bits
 * whatever the number of threads. Weights come rounded as they ship.
 */
export function trainDcn(lists: readonly RankingList[], options: DcnOptions): Promise<DcnModel> {
  return withPool(options.pool, async (pool) => {
    const shape: DcnShape = { ...DCN_SHAPE, features: options.features }
    const useful = lists.filter(hasGain)
    const standard = fitStandard(useful, shape.features)
    const network = new DcnNetwork(pool, shape, Math.max(MOST_ROWS, BATCH.lists * mostRows(useful)))
    initialise(network, options.seed)
    const learner = createLearner(pool, network, standard, options.seed)
    const judge = () => options.judge((list) => scoreRows(network, standard, list))
    let best = { weights: network.weights.slice(), value: await judge(), epoch: 0 }
    const epochs = options.epochs ?? EPOCHS
    for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= PATIENCE; epoch++) {
      await learner.learn(useful)
      const last = network.weights.slice()
      network.weights.set(roundWeights(learner.means, shape))
      const value = await judge()
      if (value > best.value) best = { weights: network.weights.slice(), value, epoch }
      network.weights.set(last)
      options.onProgress?.(epoch, epochs)
    }
    return { shape, standard, weights: roundWeights(best.weights, shape) }
  })
}

type Learner = {
  /** Running means of the weights. */
  readonly means: Float32Array
  /** One epoch. */
  learn(lists: readonly RankingList[]): Promise<void>
}

function createLearner(pool: KernelPool, network: DcnNetwork, standard: Standard, seed: number): Learner {
  const random = createRandom(seed * 2 + 1)
  const optimise = createAdam(pool, [{ values: network.weights, gradients: network.gradients }], DECAY)
  const means = network.weights.slice()
  return {
    means,
    learn: async (lists) => {
      const order = Int32Array.from(lists.keys())
      shuffle(order, random)
      const size = Math.min(BATCH.lists, Math.ceil(lists.length / LEAST_STEPS))
      for (let from = 0; from < order.length; from += size) {
        const batch = Array.from(order.subarray(from, from + size), (l) => lists[l])
        await learnBatch(network, standard, batch, random)
        await optimise(LEARNING_RATE)
        for (let k = 0; k < means.length; k++) means[k] += (1 - KEPT) * (network.weights[k] - means[k])
      }
    },
  }
}

/** Rows that a step draws of a list at most. */
function mostRows(lists: readonly RankingList[]): number {
  return lists.reduce((most, { count }) => Math.max(most, count), 0)
}

async function learnBatch(
  network: DcnNetwork,
  standard: Standard,
  lists: readonly RankingList[],
  random: Random,
): Promise<void> {
  const drawn = lists.map(({ gains }) => drawRows(gains, BATCH.rows, random))
  let place = 0
  for (const [l, { features }] of lists.entries())
    for (const row of drawn[l].rows) putRow(network, standard, { features, row, place: place++ })
  const slopes = (await network.forward(place)).slice()
  let from = 0
  for (const [l, { gains, initial }] of lists.entries()) {
    const { rows, found, shift } = drawn[l]
    const scores = slopes.subarray(from, from + rows.length)
    rows.forEach((row, k) => {
      scores[k] += initial[row] + (k < found ? 0 : shift)
    })
    listwiseLoss(
      scores,
      Float32Array.from(rows, (row) => gains[row]),
    )
    for (let k = 0; k < scores.length; k++) scores[k] /= lists.length
    from += rows.length
  }
  await network.back(slopes)
}

/** Normal numbers that keep variances; the deep part starts without a say, and cross layers with little. */
function initialise(network: DcnNetwork, seed: number): void {
  const normal = createNormal(createRandom(seed))
  const fill = ({ at, columns }: Slice, rows: number, scale: number) => {
    for (let k = at; k < at + rows * columns; k++) network.weights[k] = scale * normal()
  }
  const { features } = network.shape
  const { cross, deep } = network.layout
  for (const { down, up } of cross) {
    fill(down, features, 1 / Math.sqrt(features))
    fill(up, up.rows, 0.3 / Math.sqrt(up.rows))
  }
  const [first, second] = deep
  fill(first.matrix, features, Math.sqrt(2 / features))
  fill(second.matrix, second.matrix.rows, Math.sqrt(2 / second.matrix.rows))
}
