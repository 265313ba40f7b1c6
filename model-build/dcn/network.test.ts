import { afterAll, describe, expect, test } from 'vitest'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { listwiseLoss } from './listwise-loss.ts'
import { DcnNetwork } from './network.ts'
import { type DcnShape, widthOf } from './shape.ts'

const pools = await Promise.all([1, 2].map((threads) => createKernelPool({ threads })))
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

const SHAPE: DcnShape = { features: 13, layers: 2, rank: 8, hidden: [16, 8] }
const ROWS = 11
const GAINS = Float32Array.of(1, 0, 0, 0.5, 0, 0, 0, 0, 2, 0, 0)

function create(threads = 1): DcnNetwork {
  const network = new DcnNetwork(pools[threads - 1], SHAPE, ROWS)
  const normal = createNormal(createRandom(5))
  for (let k = 0; k < network.weights.length; k++) network.weights[k] = 0.5 * normal()
  const width = widthOf(SHAPE)
  for (let r = 0; r < ROWS; r++) for (let f = 0; f < SHAPE.features; f++) network.inputs[r * width + f] = normal()
  return network
}

async function lossOf(network: DcnNetwork): Promise<number> {
  return listwiseLoss((await network.forward(ROWS)).slice(), GAINS)
}

async function learn(network: DcnNetwork): Promise<void> {
  const slopes = (await network.forward(ROWS)).slice()
  listwiseLoss(slopes, GAINS)
  await network.back(slopes)
}

describe('DcnNetwork', () => {
  test('has the gradients of finite differences in every weight', async () => {
    const network = create()
    await learn(network)
    const gradients = network.gradients.slice()
    const step = 0.002
    for (let k = 0; k < network.weights.length; k++) {
      const kept = network.weights[k]
      network.weights[k] = kept + step
      const above = await lossOf(network)
      network.weights[k] = kept - step
      const below = await lossOf(network)
      network.weights[k] = kept
      const found = (above - below) / (2 * step)
      expect(Math.abs(found - gradients[k]), `weight ${k}`).toBeLessThan(2e-3 + 0.02 * Math.abs(found))
    }
    const { cross, deep, crossOut, deepOut } = network.layout
    const slices = [...cross.flatMap(Object.values), ...deep.flatMap(Object.values), crossOut, deepOut]
    for (const { at, rows, columns } of slices)
      expect(gradients.subarray(at, at + rows * columns).some((value) => Math.abs(value) > 0.001)).toBe(true)
  })

  test('gives the same scores and gradients to the bit with one thread and with two', async () => {
    const [one, two] = [create(1), create(2)]
    await learn(one)
    await learn(two)
    expect(await one.forward(ROWS)).toEqual(await two.forward(ROWS))
    expect(one.gradients).toEqual(two.gradients)
  })

  test('scores a row the same whatever stands beside it', async () => {
    const network = create()
    const all = (await network.forward(ROWS)).slice()
    network.inputs.fill(7, 3 * widthOf(SHAPE))
    expect((await network.forward(ROWS)).slice(0, 3)).toEqual(all.slice(0, 3))
  })
})

describe('listwiseLoss', () => {
  test('is minus the mean log chance of what was found, by gains, and leaves its slopes', () => {
    const scores = Float32Array.of(Math.log(1), Math.log(2), Math.log(5))
    expect(listwiseLoss(scores, Float32Array.of(0, 3, 1))).toBeCloseTo(-0.75 * Math.log(2 / 8) - 0.25 * Math.log(5 / 8))
    expect(scores[0]).toBeCloseTo(1 / 8)
    expect(scores[1]).toBeCloseTo(2 / 8 - 0.75)
    expect(scores[2]).toBeCloseTo(5 / 8 - 0.25)
  })
})
