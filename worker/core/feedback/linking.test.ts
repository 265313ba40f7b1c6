import { expect, test } from 'vitest'
import { freshHitChance, wantedHitChance } from '#contract/feedback/chance'
import { hits, type Seed, type Shape } from '#contract/feedback/seeds'
import { type Answer, randomise, type Words } from './randomise.ts'
import { seededWords } from './seeded-words.conformance.ts'

const EPSILON = 2
const PAIRS = 600

/** A world in which every device has one of these answers, with these shares. */
type World = { readonly shape: Shape; readonly answers: readonly Answer[]; readonly shares: readonly number[] }

/** Likelihood of a seed under each answer, relative to a fresh seed. */
function likelihoods({ shape, answers }: World, seed: Seed): number[] {
  const a = freshHitChance(shape.type, EPSILON)
  const p = wantedHitChance(a, EPSILON)
  const of = (target: number | Float64Array): number => (hits(shape, seed, target) ? p / a : (1 - p) / (1 - a))
  return answers.map((answer) => of(answer))
}

/** The best test of «one device» against «two devices»: no attacker who sees two reports has a larger area. */
function ratio(world: World, one: Seed, other: Seed): number {
  const [first, second] = [likelihoods(world, one), likelihoods(world, other)]
  let both = 0
  let left = 0
  let right = 0
  world.shares.forEach((share, k) => {
    both += share * first[k] * second[k]
    left += share * first[k]
    right += share * second[k]
  })
  return both / (left * right)
}

function linkingArea(world: World, seed: number): number {
  const words = seededWords(seed)
  const report = (answer: Answer): Seed => randomise(world.shape, answer, words)
  const scores = { same: [] as number[], apart: [] as number[] }
  for (let i = 0; i < PAIRS; i++) {
    const answer = draw(world, words)
    scores.same.push(ratio(world, report(answer), report(answer)))
    scores.apart.push(ratio(world, report(draw(world, words)), report(draw(world, words))))
  }
  let wins = 0
  for (const same of scores.same) for (const apart of scores.apart) wins += same > apart ? 1 : same === apart ? 0.5 : 0
  return wins / PAIRS ** 2
}

function draw({ answers, shares }: World, words: Words): Answer {
  let rest = words() / 2 ** 32
  const at = shares.findIndex((share) => {
    rest -= share
    return rest < 0
  })
  return answers[Math.max(0, at)]
}

function directions(count: number, size: number): Float64Array[] {
  const words = seededWords(77)
  return Array.from({ length: count }, () => {
    const vector = Float64Array.from({ length: size }, () => words() / 2 ** 31 - 1)
    const norm = Math.hypot(...vector)
    return vector.map((value) => value / norm)
  })
}

const uniform = (count: number): number[] => new Array<number>(count).fill(1 / count)

const WORLDS: readonly { readonly name: string; readonly world: World }[] = [
  {
    name: 'head, all cells alike',
    world: {
      shape: { type: 'hist', size: 1_024, epsilon: EPSILON },
      answers: [...Array(1_024).keys()],
      shares: uniform(1_024),
    },
  },
  {
    name: 'rank, 200 known directions',
    world: { shape: { type: 'vec', size: 15, epsilon: EPSILON }, answers: directions(200, 15), shares: uniform(200) },
  },
  {
    name: 'pair, 100 known directions',
    world: { shape: { type: 'vec', size: 64, epsilon: EPSILON }, answers: directions(100, 64), shares: uniform(100) },
  },
]

test.each(WORLDS)(
  'two reports with the same answer are linked hardly better than by chance: $name',
  ({ world }) => {
    const area = linkingArea(world, 21)
    expect(area).toBeGreaterThan(0.45)
    expect(area).toBeLessThanOrEqual(0.6)
  },
  60_000,
)

test('a yes or no with even shares is linked as randomised response must be: at 0.645, which the documents say', () => {
  const world: World = { shape: { type: 'bin', size: 2, epsilon: EPSILON }, answers: [0, 1], shares: [0.5, 0.5] }
  const p = Math.exp(EPSILON) / (Math.exp(EPSILON) + 1)
  const exact = 0.5 + (p * p + (1 - p) ** 2 - 0.5) / 2
  expect(exact).toBeCloseTo(0.645, 3)
  expect(Math.abs(linkingArea(world, 22) - exact)).toBeLessThanOrEqual(0.05)
})
