import * as ort from 'onnxruntime-web/wasm'
import { describe, expect, test } from 'vitest'
import { LEAF_STEP, LEAF_SUM_LIMIT, scoreTrees } from '#contract/trees'
import { binRows, findEdges } from './binning.ts'
import { type LambdaMartOptions, lambdaScratchBytes, type RankingData, trainLambdaMart } from './lambda-mart.ts'
import { writeTreeEnsembleOnnx } from './onnx-trees.ts'
import { createNormal, createRandom } from './random.ts'
import { discountTable, idealDcg, meanNdcg } from './ranking-metric.ts'
import { createKernelPool } from './thread-pool.ts'

const FEATURES = 7
const options: LambdaMartOptions = { trees: 30, leaves: 15, learningRate: 0.1, minRowsPerLeaf: 10, l2: 0.1, seed: 1 }

/** Lists whose best item depends on features 0 … 3 in a non-linear way; the rest is noise. */
function makeLists(groupCount: number, size: number, seed: number): RankingData {
  const random = createRandom(seed)
  const normal = createNormal(random)
  const features = new Float32Array(groupCount * size * FEATURES).map(() => normal())
  const truth = Float64Array.from({ length: groupCount * size }, (_, r) => {
    const x = features.subarray(r * FEATURES, r * FEATURES + FEATURES)
    return x[0] + x[1] * x[2] + (x[3] > 0.4 ? 1 : 0) + 0.3 * normal()
  })
  const gains = new Float32Array(truth.length)
  for (let g = 0; g < groupCount; g++) {
    const order = Array.from({ length: size }, (_, k) => g * size + k).sort((a, b) => truth[b] - truth[a])
    order.slice(0, 3).forEach((row, rank) => {
      gains[row] = 2 ** (3 - rank) - 1
    })
  }
  return {
    pieces: [features],
    featureCount: FEATURES,
    gains,
    groups: Int32Array.from({ length: groupCount + 1 }, (_, g) => g * size),
  }
}

const train = makeLists(400, 25, 1)
const fresh = makeLists(200, 25, 2)

/** The gradients of the kernel's docstring, pair by pair in double precision, for one list. */
function slowLambdas(scores: Float32Array, gains: Float32Array, truncation: number): Float64Array {
  const out = new Float64Array(scores.length * 2)
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b)
  const ideal = idealDcg({ gains, groups: Int32Array.from([0, gains.length]) }, truncation)[0]
  const discounts = discountTable(gains.length)
  const isSpread = scores[order[0]] !== scores[order[order.length - 1]]
  let total = 0
  for (let i = 0; i < Math.min(truncation, order.length); i++) {
    for (let j = i + 1; j < order.length; j++) {
      const [a, b] = gains[order[i]] > gains[order[j]] ? [order[i], order[j]] : [order[j], order[i]]
      if (gains[a] === gains[b]) continue
      const gap = scores[a] - scores[b]
      let delta = ((gains[a] - gains[b]) * Math.abs(discounts[i] - discounts[j])) / ideal
      if (isSpread) delta /= 0.01 + Math.abs(gap)
      const rho = 1 / (1 + Math.exp(gap))
      out[a * 2] -= delta * rho
      out[b * 2] += delta * rho
      out[a * 2 + 1] += delta * rho * (1 - rho)
      out[b * 2 + 1] += delta * rho * (1 - rho)
      total += 2 * delta * rho
    }
  }
  const norm = total > 0 ? Math.log2(1 + total) / total : 0
  return out.map((value) => value * norm)
}

describe('the lambdas kernel', () => {
  test.each([3, 19, 70, 500])('agrees with the formula for lists of %i', async (size) => {
    const pool = await createKernelPool({ threads: 1 })
    const random = createRandom(size)
    const scores = pool.f32(size).map((_, k) => (k % 5 === 0 ? [0.25, 0, -0][k % 3] : random() * 4 - 2))
    const shared = pool.copyF32(scores)
    const gains = pool.f32(size)
    for (let k = 0; k < size; k += 3) gains[k] = 0.3 + (k % 4) ** 1.5
    const truncation = 20
    const inverse = pool.copyF32(
      Float32Array.from(idealDcg({ gains, groups: Int32Array.from([0, size]) }, truncation), (x) => 1 / x),
    )
    const arrays = [
      pool.copyI32(Int32Array.from([0, size])),
      shared,
      gains,
      pool.copyF32(discountTable(size + 4)),
      inverse,
      pool.f32(size * 2),
    ]
    const args = [...arrays.map((array) => array.byteOffset), truncation, 0]
    await pool.run({ kernel: 'lambdas', tasks: 1, scratchBytes: lambdaScratchBytes(size), args })
    const slow = slowLambdas(scores, gains, truncation)
    for (let k = 0; k < size * 2; k++) expect(Math.abs(arrays[5][k] - slow[k])).toBeLessThan(1e-5)
    await pool.close()
  })
})

describe('binRows', () => {
  test('puts x <= edge left of the edge, for each value and edge', async () => {
    const values = Float32Array.from({ length: 3000 }, (_, k) =>
      k % 3 === 0 ? Math.floor(k / 300) : Math.sin(k) * 1e3,
    )
    const rows = { pieces: [values.subarray(0, 300), values.subarray(300, 303), values.subarray(303)], featureCount: 3 }
    const edges = findEdges(rows)
    const pool = await createKernelPool({ threads: 1 })
    const { bins, stride } = await binRows(pool, rows, edges)
    expect(edges.counts[0]).toBe(9)
    for (let r = 0; r < 1000; r++) {
      for (let f = 0; f < 3; f++) {
        const own = edges.edges.subarray(f * 256, f * 256 + edges.counts[f])
        expect(bins[f * stride + r]).toBe(own.filter((edge) => edge < values[r * 3 + f]).length)
      }
    }
    await pool.close()
  })
})

describe('trainLambdaMart', () => {
  test('ranks unseen lists far better than chance and than any single feature', async () => {
    const { ensemble } = await trainLambdaMart(train, { ...options, trees: 80 })
    const ndcg = meanNdcg(fresh, scoreTrees(ensemble, fresh.pieces[0], 5000), 10)
    const single = meanNdcg(
      fresh,
      Float32Array.from({ length: 5000 }, (_, r) => fresh.pieces[0][r * FEATURES]),
      10,
    )
    expect(single).toBeLessThan(0.6)
    expect(ndcg).toBeGreaterThan(0.8)
    expect(ndcg).toBeLessThan(0.97)
  })

  test('gives the same trees on one thread and on three', async () => {
    const results = []
    for (const threads of [1, 3]) {
      const pool = await createKernelPool({ threads })
      results.push(await trainLambdaMart(train, { ...options, featureFraction: 0.6, pool }))
      await pool.close()
    }
    expect(results[1].ensemble).toEqual(results[0].ensemble)
  })

  test('keeps at least minRowsPerLeaf training rows in each leaf', async () => {
    const { ensemble } = await trainLambdaMart(train, { ...options, trees: 3, minRowsPerLeaf: 200 })
    for (const root of ensemble.roots) {
      const counts = new Map<number, number>()
      for (let at = 0; at < train.pieces[0].length; at += FEATURES) {
        let node = root
        while (node >= 0) {
          const goesLeft = train.pieces[0][at + ensemble.feature[node]] <= ensemble.threshold[node]
          node = goesLeft ? ensemble.left[node] : ensemble.right[node]
        }
        counts.set(node, (counts.get(node) ?? 0) + 1)
      }
      expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(200)
    }
  })

  test('stops at the best number of trees on validation lists', async () => {
    const noise = { ...train, gains: train.gains.toReversed() }
    const { ensemble, validationNdcg } = await trainLambdaMart(noise, {
      ...options,
      trees: 60,
      patience: 5,
      validation: fresh,
    })
    const best = validationNdcg.indexOf(Math.max(...validationNdcg)) + 1
    expect(ensemble.roots.length).toBe(best)
    expect(validationNdcg.length).toBe(Math.min(60, best + 5))
    const scores = scoreTrees(ensemble, fresh.pieces[0], 5000)
    expect(meanNdcg(fresh, scores, 10)).toBe(validationNdcg[best - 1])
  })

  test('keeps leaf sums within what float32 adds exactly, even at absurd learning rates', async () => {
    const { ensemble } = await trainLambdaMart(train, { ...options, trees: 10, learningRate: 1e6, l2: 1e-9 })
    expect(ensemble.leaf.reduce((most, leaf) => Math.max(most, Math.abs(leaf)), 0)).toBeLessThan(LEAF_SUM_LIMIT)
    const scores = scoreTrees(ensemble, fresh.pieces[0], 5000)
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(LEAF_SUM_LIMIT * LEAF_STEP)
  })
})

describe('writeTreeEnsembleOnnx', () => {
  test('scores bit for bit like the evaluator in onnxruntime-web', async () => {
    const { ensemble } = await trainLambdaMart(train, options)
    const bare = { ...ensemble, roots: Int32Array.from([...ensemble.roots, -1]) }
    ort.env.wasm.numThreads = 1
    for (const trees of [ensemble, bare]) {
      const session = await ort.InferenceSession.create(writeTreeEnsembleOnnx(trees))
      const input = new ort.Tensor('float32', fresh.pieces[0], [5000, FEATURES])
      const { score } = await session.run({ features: input })
      expect(score.dims).toEqual([5000, 1])
      expect(score.data).toEqual(scoreTrees(trees, fresh.pieces[0], 5000))
    }
  })
})

describe('meanNdcg', () => {
  test('matches a value computed by hand and skips groups without a gain', () => {
    const data = { gains: Float32Array.from([0, 3, 1, 0, 0]), groups: Int32Array.from([0, 3, 5]) }
    const dcg = 3 / Math.log2(3) + 1 / Math.log2(4)
    const ideal = 3 + 1 / Math.log2(3)
    expect(meanNdcg(data, Float32Array.from([3, 2, 1, 1, 2]), 10)).toBeCloseTo(dcg / ideal, 6)
  })
})
