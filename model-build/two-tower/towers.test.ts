import { afterAll, describe, expect, test } from 'vitest'
import type { Lessons } from '../mean/draw-lessons.ts'
import { type ContentRows, extractContent } from '../train/content-features.ts'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { plantedDataset } from './planted.ts'
import type { TowerShape } from './shape.ts'
import { Towers } from './towers.ts'

const pools = await Promise.all([1, 2].map((threads) => createKernelPool({ threads })))
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

const ITEMS = 24
const SHAPE: TowerShape = { dim: 8, profile: 4, hidden: 16, length: 6, ratios: [0.9, 0.5] }
const content: ContentRows = extractContent(
  plantedDataset({ users: 1, items: ITEMS, clusters: 4, perUser: 1, seed: 1 }).items,
)
const LESSONS: Lessons = {
  count: 3,
  shown: Int32Array.of(3, 7, 1, 0, 5, 5, 19),
  weights: new Float32Array(7),
  shownOffsets: Int32Array.of(0, 3, 6, 7),
  wanted: Int32Array.of(8, 2, 9, 20, 11),
  wantedOffsets: Int32Array.of(0, 2, 4, 5),
}

/** Towers with all weights drawn; items 22 and 23 are nobody's. */
function create(threads = 1, candidates = 64): Towers {
  const shares = new Float64Array(ITEMS).fill(1 / 22, 0, 22)
  const towers = new Towers(pools[threads - 1], SHAPE, content, { batch: 8, candidates, shares, seed: 3 })
  const normal = createNormal(createRandom(5))
  for (let k = 0; k < towers.users.weights.length; k++) towers.users.weights[k] = 0.4 * normal()
  return towers
}

const DROPPED = 0.3

/** The loss of the lessons, always of the same draws. */
function learn(towers: Towers): Promise<number> {
  return towers.learn(LESSONS, createRandom(11), DROPPED)
}

describe('Towers', () => {
  test.each([64, 16])('have the gradients of finite differences among %i candidates', async (candidates) => {
    const towers = create(1, candidates)
    await learn(towers)
    const { own, ownGradients, projection, projectionGradients } = towers.items
    const { weights, weightGradients, layout } = towers.users
    const used = [layout.up, layout.upBias, layout.down].flatMap(({ at, rows, columns }) =>
      Array.from({ length: rows * columns }, (_, k) => at + k),
    )
    const sides = [
      { name: 'weight', values: weights, gradients: weightGradients.slice(), places: used, every: 11 },
      { name: 'own', values: own, gradients: ownGradients.slice(), places: ownPlaces(), every: 1 },
      {
        name: 'projection',
        values: projection,
        gradients: projectionGradients.slice(),
        places: Array.from({ length: content.termCount * SHAPE.dim }, (_, k) => k),
        every: 3,
      },
    ]
    for (const { name, values, gradients, places, every } of sides) {
      for (const k of places.filter((_, at) => at % every === 0)) {
        const found = await difference(towers, values, k)
        expect(Math.abs(found - gradients[k]), `${name} ${k}`).toBeLessThan(2e-3 + 0.02 * Math.abs(found))
      }
      expect(gradients.some((value) => Math.abs(value) > 0.01)).toBe(true)
    }
  })

  test('items that nobody has are no candidates, and the profile has no embedding', async () => {
    const towers = create()
    await learn(towers)
    const { ownGradients } = towers.items
    expect(ownGradients.slice(22 * 8, 24 * 8).every((value) => value === 0)).toBe(true)
    expect(ownGradients.every((value, at) => at % 8 < 4 || value === 0)).toBe(true)
  })

  test('give the same gradients to the bit with one thread and with two', async () => {
    const [one, two] = [create(1), create(2)]
    expect(await learn(one)).toBe(await learn(two))
    expect(one.users.weightGradients).toEqual(two.users.weightGradients)
    expect(one.items.ownGradients).toEqual(two.items.ownGradients)
    expect(one.items.projectionGradients).toEqual(two.items.projectionGradients)
  })
})

/** Floats of embeddings that are learnt. */
function ownPlaces(): number[] {
  return Array.from({ length: ITEMS * SHAPE.dim }, (_, k) => k).filter((k) => k % SHAPE.dim < SHAPE.dim - SHAPE.profile)
}

async function difference(towers: Towers, values: Float32Array, k: number): Promise<number> {
  const kept = values[k]
  const step = 0.002
  values[k] = kept + step
  const above = await learn(towers)
  values[k] = kept - step
  const below = await learn(towers)
  values[k] = kept
  return (above - below) / (2 * step)
}
