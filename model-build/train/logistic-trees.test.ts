import { expect, test } from 'vitest'
import { scoreTrees } from '#contract/trees'
import { createMachine, machineScores, type SparseExamples, trainEpoch } from './factorisation-machine.ts'
import { trainLogisticTrees } from './logistic-trees.ts'
import { createNormal, createRandom } from './random.ts'
import { createKernelPool, type KernelPool } from './thread-pool.ts'

const WIDTH = 5

function makeRows(count: number, seed: number) {
  const random = createRandom(seed)
  const normal = createNormal(random)
  const features = new Float32Array(count * WIDTH).map(() => normal())
  const truth = Float64Array.from({ length: count }, (_, r) => {
    const [a, b, c] = features.subarray(r * WIDTH, r * WIDTH + 3)
    return 1 / (1 + Math.exp(-(a > 0 ? 2 * b : -2 * b) - c))
  })
  return {
    features,
    featureCount: WIDTH,
    labels: Float32Array.from(truth, (p) => (random() < p ? 1 : 0)),
    truth,
    base: 0,
  }
}

test('trainLogisticTrees stops at the best log loss and gives chances near the true ones', async () => {
  const train = makeRows(6000, 1)
  const validation = makeRows(3000, 2)
  const options = {
    trees: 300,
    leaves: 15,
    learningRate: 0.1,
    minRowsPerLeaf: 20,
    l2: 1,
    featureFraction: 1,
    seed: 1,
    patience: 10,
  }
  const { ensemble, validationLoss } = await trainLogisticTrees(train, { ...options, validation })
  const best = validationLoss.indexOf(Math.min(...validationLoss)) + 1
  expect(ensemble.roots.length).toBe(best)
  expect(validationLoss.length).toBe(best + 10)
  const fresh = makeRows(3000, 3)
  const chances = scoreTrees(ensemble, fresh.features, 3000).map((x) => 1 / (1 + Math.exp(-x)))
  const error = chances.reduce((sum, p, r) => sum + Math.abs(p - fresh.truth[r]), 0) / 3000
  expect(error).toBeLessThan(0.1)
  expect(error).toBeGreaterThan(0.01)
})

/** Pairs of a user (1 … 30) and an item (31 … 50) that click when their parities agree. */
function parityExamples(pool: KernelPool, count: number): SparseExamples {
  const random = createRandom(9)
  const columns = pool.i32(count * 2)
  const labels = pool.f32(count)
  for (let r = 0; r < count; r++) {
    columns[2 * r] = 1 + Math.floor(random() * 30)
    columns[2 * r + 1] = 31 + Math.floor(random() * 20)
    labels[r] = (columns[2 * r] + columns[2 * r + 1]) % 2
  }
  const offsets = pool.copyI32(Int32Array.from({ length: count + 1 }, (_, r) => 2 * r))
  return { offsets, columns, values: pool.f32(count * 2).fill(1), labels, featureCount: 51 }
}

test('a factorisation machine learns what only pairs tell, alike on one thread and on three', async () => {
  const results: Float32Array[] = []
  for (const threads of [1, 3]) {
    const pool = await createKernelPool({ threads })
    const examples = parityExamples(pool, 1000)
    const rows = Int32Array.from({ length: 800 }, (_, r) => r)
    const machines = [1, 2].map((seed) =>
      createMachine(pool, examples, rows, { rate: 0.1, l2: 0.001, linearL2: 0.001, seed }),
    )
    for (let epoch = 1; epoch <= 40; epoch++) await trainEpoch(pool, examples, machines, epoch)
    const asked = Int32Array.from({ length: 200 }, (_, k) => 800 + k)
    const scores = await machineScores(pool, examples, machines[0], asked)
    const right = scores.filter((score, k) => score > 0 === (examples.labels[800 + k] === 1)).length
    expect(right).toBeGreaterThan(195)
    results.push(scores)
    await pool.close()
  }
  expect(results[1]).toEqual(results[0])
})
