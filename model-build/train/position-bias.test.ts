import { expect, test } from 'vitest'
import { scoreTrees } from '#contract/trees'
import { type LambdaMartOptions, trainLambdaMart } from './lambda-mart.ts'
import { clickLists, countPositions, estimateExamination } from './position-bias.ts'
import { createNormal, createRandom } from './random.ts'

const FEATURES = 4
const ITEMS = 300
const SIZE = 10
const LISTS = 2000
/** Chance that a place is looked at. */
const EXAMINED = Float64Array.from({ length: SIZE }, (_, k) => (k + 1) ** -0.8)

const random = createRandom(12)
const normal = createNormal(random)
const features = Float32Array.from({ length: ITEMS * FEATURES }, normal)
/** Clicks per look: features 0 to 2 decide, feature 3 says nothing. */
const appeal = Float64Array.from({ length: ITEMS }, (_, i) => {
  const [a, b, c] = features.subarray(i * FEATURES, i * FEATURES + 3)
  return 0.05 + 0.9 / (1 + Math.exp(-(1.5 * a + b * c)))
})

/** Lists as an old ranker showed them, by feature 3 with noise, and what a reader clicked who looks less the further down. */
function simulateClicks() {
  const item = new Int32Array(LISTS * SIZE)
  const click = new Uint8Array(LISTS * SIZE)
  const position = Int32Array.from({ length: LISTS * SIZE }, (_, r) => r % SIZE)
  for (let list = 0; list < LISTS; list++) {
    const shown = Array.from({ length: SIZE }, () => Math.floor(random() * ITEMS))
    const score = new Map(shown.map((i) => [i, features[i * FEATURES + 3] + 0.5 * normal()]))
    shown.sort((a, b) => (score.get(b) ?? 0) - (score.get(a) ?? 0))
    shown.forEach((i, place) => {
      item[list * SIZE + place] = i
      click[list * SIZE + place] = random() < EXAMINED[place] * appeal[i] ? 1 : 0
    })
  }
  return { item, click, position }
}

const log = simulateClicks()
const examined = estimateExamination(countPositions(log, ITEMS, SIZE))

test('estimateExamination finds how often each place was looked at', () => {
  for (let k = 0; k < SIZE; k++) expect(Math.abs(examined[k] - EXAMINED[k])).toBeLessThan(0.06)
})

test('LambdaMART with inverse propensities recovers the order of appeal that clicks alone hide', async () => {
  const shown = {
    features: Float32Array.from(
      Array.from(log.item).flatMap((i) => [...features.subarray(i * FEATURES, (i + 1) * FEATURES)]),
    ),
    featureCount: FEATURES,
    clicks: log.click,
    position: log.position,
    groups: Int32Array.from({ length: LISTS + 1 }, (_, g) => g * SIZE),
  }
  const options: LambdaMartOptions = { trees: 40, leaves: 15, learningRate: 0.1, minRowsPerLeaf: 100, l2: 1, seed: 1 }
  const naive = await trainLambdaMart(clickLists(shown, new Float64Array(SIZE).fill(1), 1), options)
  const debiased = await trainLambdaMart(clickLists(shown, examined, 10), options)
  const [naiveScores, scores] = [naive, debiased].map(({ ensemble }) => scoreTrees(ensemble, features, ITEMS))
  const old = Float64Array.from({ length: ITEMS }, (_, i) => features[i * FEATURES + 3])
  const found = [naiveScores, scores].map((of) => ({
    appeal: correlation(ranks(of), ranks(appeal)),
    old: correlation(ranks(of), ranks(old)),
  }))
  process.stdout.write(`rank correlation of scores with appeal and with the old order: ${JSON.stringify(found)}\n`)
  expect(found[0].appeal).toBeLessThan(0.8)
  expect(found[0].old).toBeGreaterThan(0.5)
  expect(found[1].appeal).toBeGreaterThan(0.85)
  expect(Math.abs(found[1].old)).toBeLessThan(0.15)
})

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b])
  const out = new Float64Array(values.length)
  order.forEach((i, rank) => {
    out[i] = rank
  })
  return out
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mean = (of: (i: number) => number) =>
    Array.from({ length: x.length }, (_, i) => of(i)).reduce((a, b) => a + b, 0) / x.length
  const [mx, my] = [mean((i) => x[i]), mean((i) => y[i])]
  const product = (of: (i: number) => readonly [number, number]) => mean((i) => of(i)[0] * of(i)[1])
  const covariance = product((i) => [x[i] - mx, y[i] - my])
  return covariance / Math.sqrt(product((i) => [x[i] - mx, x[i] - mx]) * product((i) => [y[i] - my, y[i] - my]))
}
