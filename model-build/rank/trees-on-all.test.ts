import { afterAll, describe, expect, test } from 'vitest'
import { FEATURE_COUNT, featureIndex } from '#contract/features'
import { DEFAULTS } from '../config/defaults.ts'
import { createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { fitRanker, judgingGroups } from './fit-ranker.ts'
import type { RankerOptions } from './fit-trees.ts'
import { scoreLists } from './ranker-model.ts'
import { meanNdcg, type TrainingGroup } from './training-group.ts'
import { bestLength, judgeTreesOnAll } from './trees-on-all.ts'

const pool = await createKernelPool({ threads: 2 })
afterAll(() => pool.close())

const ROWS = 30
const options: RankerOptions = { ...DEFAULTS.ranker, minLeafRows: 5, onAll: true, seed: 1, pool }

/** Lists of random prices and scores; taken is what is cheapest, or anything at all. */
function listsOf(users: number, isLearnable: boolean): TrainingGroup[] {
  const random = createRandom(2)
  const [price, vectors] = [featureIndex('item.price'), featureIndex('dot.recentZ')]
  return Array.from({ length: users }, (_, user) => {
    const features = new Float32Array(ROWS * FEATURE_COUNT)
    const worth = Float32Array.from({ length: ROWS }, (_unused, row) => {
      features[row * FEATURE_COUNT + price] = 50 * random()
      features[row * FEATURE_COUNT + vectors] = random()
      return isLearnable ? features[row * FEATURE_COUNT + price] : random()
    })
    const limit = worth.toSorted()[2]
    const gains = worth.map((value) => (value < limit ? 1 : 0))
    return { count: ROWS, features, gains, wanted: Float32Array.of(1, 1), user }
  })
}

describe('trees on all lists', () => {
  test('are judged on every list by trees that had not seen its user', async () => {
    const groups = listsOf(160, false)
    const { model, linearHead, validation } = await fitRanker(groups, options)
    const own = await scoreLists(model, linearHead, groups, pool)
    const onSeen = meanNdcg(groups, (group) => own.get(group) ?? new Float32Array(group.count), 20)
    expect(validation.groups).toBe(160)
    expect(validation.headOnAll).toBe(validation.head)
    // There is nothing to learn: trees know their own lists by heart, and others no better than the head does.
    expect(onSeen).toBeGreaterThan(validation.head + 0.1)
    expect(Math.abs(validation.headAndModel - validation.head)).toBeLessThan(0.06)
  })

  test('learn what there is to learn, from all users, and the same again', async () => {
    const groups = listsOf(80, true)
    const ranker = await fitRanker(groups, options)
    expect(ranker.validation.headAndModel).toBeGreaterThan(0.95)
    expect(ranker.validation.head).toBeLessThan(0.6)
    const again = await (await judgeTreesOnAll(groups, options)).train()
    expect(again.trees).toEqual(ranker.model.kind === 'trees' ? ranker.model.trees : null)
  })

  test('need every list for judging; a quarter of the users judges other rankers', () => {
    const groups = listsOf(8, true)
    expect(judgingGroups(groups, options)).toHaveLength(8)
    expect(judgingGroups(groups, { ...options, onAll: false }).map(({ user }) => user)).toEqual([0, 4])
    expect(judgingGroups(groups, { ...options, model: 'dcn' })).toHaveLength(2)
  })

  test('without any list are none', async () => {
    const { train, unseen } = await judgeTreesOnAll([], options)
    expect((await train()).trees.roots).toHaveLength(0)
    expect(unseen.size).toBe(0)
  })
})

describe('the number of trees', () => {
  test('is the best in the mean; a curve that stopped early stays where it stopped', () => {
    expect(
      bestLength([
        [0.1, 0.3, 0.2],
        [0.1, 0.2, 0.4],
      ]),
    ).toBe(3)
    expect(bestLength([[0.5], [0.1, 0.2, 0.1]])).toBe(2)
  })

  test('is none where nothing was watched', () => {
    expect(bestLength([])).toBe(0)
  })
})
