import { createAdam } from '../train/adam.ts'
import { fallingRate } from '../train/falling-rate.ts'
import { createNormal, createRandom } from '../train/random.ts'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import { createSampler, dealBatches, type Histories } from './batches.ts'
import { SequenceNetwork } from './network.ts'
import { DEFAULT_SHAPE, type EncoderShape } from './shape.ts'

/** Settings of training; validation chooses the epochs. */
export type SequenceOptions = {
  readonly shape?: EncoderShape
  readonly epochs: number
  /** Share of values that dropout sets to zero, 0 … 0.9. */
  readonly dropout: number
  /** Steps ahead within which a row's target lies. */
  readonly horizon: number
  /** At its highest, after the warm-up; from there it falls to zero with the last step. */
  readonly learningRate: number
  /** Items that the softmax is over at most, default 2,048; larger catalogues are sampled. */
  readonly candidates?: number
  readonly seed: number
  readonly pool?: KernelPool
}

/** A trained encoder: its weights as `layOutWeights` lays them out, and one vector per item (zeros for items that training never saw). */
export type SequenceModel = {
  readonly kind: 'sequence'
  readonly shape: EncoderShape
  readonly weights: Float32Array
  /** Row-major, items x dim. */
  readonly items: Float32Array
}

/** Called after each epoch, counted from 1, with the mean loss of its rows. */
export type AfterEpoch = (network: SequenceNetwork, epoch: number, loss: number) => Promise<void>

/** Four times as many rows learn less from as many readings. */
const BATCH_ROWS = 1024

/** Small logs take smaller batches and more of them: at least so many an epoch. */
const LEAST_BATCHES = 160

const LEAST_ROWS = 512

/** At most; a tenth of all steps where these are few. */
const WARM_UP_STEPS = 100

const CANDIDATES = 2048

/**
 * Trains a causal self-attention encoder (SASRec; Kang & McAuley 2018) by softmax cross-entropy over the catalogue, sampled with correction where it is
 * large (Klenitskiy & Vasilev, RecSys 2023, show that this loss, not the architecture, decides). Adam with a warm-up and a rate that
 * falls evenly to zero, so that the last epoch is the one to judge; the same seed and input give the same bits whatever the number of threads.
 */
export function trainSequence(
  histories: Histories,
  itemCount: number,
  options: SequenceOptions,
  afterEpoch?: AfterEpoch,
): Promise<SequenceModel> {
  const { shape = DEFAULT_SHAPE, seed } = options
  return withPool(options.pool, async (pool) => {
    const rows = batchRows(histories)
    const { candidates = CANDIDATES } = options
    const limit = Math.min(itemCount, candidates)
    const network = new SequenceNetwork(pool, shape, { items: itemCount, maxRows: rows + 8, maxCandidates: limit })
    initialise(network, itemCount, seed)
    const optimise = createAdam(pool, [
      { values: network.weights, gradients: network.weightGradients },
      { values: network.table, gradients: network.tableGradients },
    ])
    const random = createRandom(seed * 2 + 1)
    const sample = createSampler(supportOf(histories, itemCount), { limit: candidates, rows })
    const kept256 = Math.round(256 * (1 - options.dropout))
    const steps = Math.max(1, (options.epochs * histories.items.length) / rows)
    const warmUp = Math.min(WARM_UP_STEPS, steps / 10)
    for (let epoch = 1, step = 0; epoch <= options.epochs; epoch++) {
      let loss = 0
      let seen = 0
      for (const batch of dealBatches(histories, { rows, length: shape.length, horizon: options.horizon, random })) {
        const dropSeed = Math.floor(random() * 2 ** 31)
        const mean = await network.learn(batch, sample(batch.next, random), { kept256, seed: dropSeed })
        await optimise(options.learningRate * fallingRate(++step, steps, warmUp))
        loss += mean * batch.items.length
        seen += batch.items.length
      }
      await afterEpoch?.(network, epoch, loss / Math.max(1, seen))
    }
    return takeModel(network, histories, itemCount)
  })
}

/** The weights as they are now; items outside the histories get zeros. */
export function takeModel(network: SequenceNetwork, histories: Histories, itemCount: number): SequenceModel {
  const { dim } = network.shape
  const items = network.table.slice(0, itemCount * dim)
  const isKnown = new Uint8Array(itemCount)
  for (const item of histories.items) isKnown[item] = 1
  for (let item = 0; item < itemCount; item++) if (isKnown[item] === 0) items.fill(0, item * dim, (item + 1) * dim)
  return { kind: 'sequence', shape: network.shape, weights: network.weights.slice(), items }
}

function batchRows({ items }: Histories): number {
  const wanted = Math.ceil(items.length / LEAST_BATCHES / 256) * 256
  return Math.max(LEAST_ROWS, Math.min(BATCH_ROWS, wanted))
}

function supportOf({ items }: Histories, itemCount: number): Float64Array {
  const support = new Float64Array(itemCount)
  for (const item of items) support[item]++
  return support
}

/** Normal numbers: matrices with variance 1 / inputs, item vectors with variance 1 / dim; biases and distances start at zero. */
function initialise(network: SequenceNetwork, itemCount: number, seed: number): void {
  const normal = createNormal(createRandom(seed))
  const { dim, blocks } = network.shape
  for (let k = 0; k < itemCount * dim; k++) network.table[k] = normal() / Math.sqrt(dim)
  for (const parts of network.layout.blocks) {
    for (const { at, rows, columns } of [parts.attention, parts.mix, parts.up, parts.down]) {
      const isLast = at === parts.mix.at || at === parts.down.at
      const scale = (isLast ? 1 / Math.sqrt(2 * blocks) : 1) / Math.sqrt(rows)
      for (let k = at; k < at + rows * columns; k++) network.weights[k] = normal() * scale
    }
  }
}
