import { describe, expect, test } from 'vitest'
import { SILENT } from '../pipeline/progress.ts'
import { countTrials, type HalveOptions, halve } from './halve.ts'
import { drawCandidates, type Setting, type Space } from './search-space.ts'

type Point = Setting<'x' | 'y' | 'z'>
const SPACE: Space<'x' | 'y' | 'z'> = {
  x: { scale: 'log', low: 0.01, high: 100 },
  y: { scale: 'linear', low: -1, high: 1 },
  z: { scale: 'choice', values: [1, 2, 3] },
}
const PRESENT: Point = { x: 50, y: -0.9, z: 1 }

/** Largest, 1, at x = 1, y = 0.5, z = 2; small budgets see it through a ripple that is half as high on each larger one. */
const height = ({ x, y, z }: Point, budget: number): number =>
  1 -
  0.1 * Math.log10(x) ** 2 -
  0.2 * (y - 0.5) ** 2 -
  0.2 * Math.abs(z - 2) +
  (0.04 * Math.sin(40 * x + 31 * y)) / budget

function search(seed: number, changes: Partial<HalveOptions<Point, number>> = {}) {
  const tried: [Point, number][] = []
  const evaluate = async (setting: Point, budget: number) => {
    tried.push([setting, budget])
    return height(setting, budget)
  }
  const candidates = drawCandidates(SPACE, PRESENT, { count: 81, seed })
  const options = { name: 'hill', rungs: [1, 2, 4, 8], evaluate, keep: SILENT.keep, onShare: () => undefined }
  return halve(candidates, { ...options, ...changes }).then((found) => ({ found, tried, candidates }))
}

describe('halve', () => {
  test('comes within 3 % of a known optimum, whatever the seed, and finds the same again', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { found } = await search(seed)
      expect(height(found.best, Number.POSITIVE_INFINITY)).toBeGreaterThan(0.97)
      expect(found.best.z).toBe(2)
      expect((await search(seed)).found).toEqual(found)
    }
  })

  test('tries all candidates on the smallest budget, the best third on each larger one, and the present setting on each', async () => {
    const shares: number[] = []
    const { found, tried, candidates } = await search(7, { onShare: (share) => shares.push(share) })
    expect([1, 2, 4, 8].map((budget) => tried.filter(([, own]) => own === budget).length)).toEqual([81, 27, 9, 3])
    expect(tried.filter(([setting]) => setting === PRESENT).map(([, budget]) => budget)).toEqual([1, 2, 4, 8])
    expect(found.trials).toHaveLength(countTrials(81, 4))
    expect(shares.at(-1)).toBe(1)
    const left = found.trials.filter(({ rung }) => rung === 1).map(({ setting }) => setting)
    const worstLeft = Math.min(...left.filter((setting) => setting !== PRESENT).map((setting) => height(setting, 1)))
    const better = candidates.filter((setting) => height(setting, 1) > worstLeft && !left.includes(setting))
    expect(better).toEqual([])
  })

  test('gives the present setting back where nothing is better', async () => {
    const best: Point = { x: 1, y: 0.5, z: 2 }
    const candidates = drawCandidates(SPACE, best, { count: 20, seed: 3 })
    const evaluate = async (setting: Point) => height(setting, Number.POSITIVE_INFINITY)
    const found = await halve(candidates, { name: 'top', rungs: [1, 2], evaluate, keep: SILENT.keep, onShare: () => 0 })
    expect(found.best).toBe(best)
  })

  test('takes finished rungs up where a search was interrupted', async () => {
    const kept = new Map<string, unknown>()
    const keep = async <T>(name: string, make: () => Promise<T>): Promise<T> => {
      if (!kept.has(name)) kept.set(name, await make())
      return kept.get(name) as T // stored above under the same name
    }
    const evaluate = async (setting: Point, budget: number) => {
      if (budget === 4) throw new Error('killed')
      return height(setting, budget)
    }
    await expect(search(2, { keep, evaluate })).rejects.toThrow('killed')
    const { found, tried } = await search(2, { keep })
    expect(tried.map(([, budget]) => budget)).toEqual([...Array(9).fill(4), ...Array(3).fill(8)])
    expect(found).toEqual((await search(2)).found)
  })
})
