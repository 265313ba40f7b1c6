import { expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { playWeeks } from './made-up-weeks.conformance.ts'
import { makeWorld } from './made-up-world.conformance.ts'

const { shares } = DEFAULTS.feedback

test('where taste is what the term and the head can say, reports at epsilon 2 close 35 % of the gap with 50,000 and 55 % with 200,000', async () => {
  const closed: [number, number][] = []
  for (const seed of [1, 2, 3, 4]) {
    const world = await makeWorld(seed, { trees: 1, head: 0.3, term: 0.7 })
    const { none, truth, of } = world.ndcg
    expect(truth).toBeGreaterThan(none + 0.05)
    const after = playWeeks(world, { weeks: 40, reports: 5_000, shares })
    const share = (week: number) => (of(after[week - 1]) - none) / (truth - none)
    closed.push([share(10), share(40)])
  }
  const mean = (at: 0 | 1) => closed.reduce((sum, shares) => sum + shares[at], 0) / closed.length
  process.stdout.write(
    `gap closed at epsilon 2, made-up worlds: 50,000 reports ${mean(0).toFixed(2)}, 200,000 ${mean(1).toFixed(2)}\n`,
  )
  expect(mean(0)).toBeGreaterThanOrEqual(0.35)
  expect(mean(1)).toBeGreaterThanOrEqual(0.55)
})

test('a ranker that knows little learns from six rounds of 5,000 reports, inside its trust regions', async () => {
  const world = await makeWorld(7, { trees: 0.15, head: 1.2, term: 0 })
  const rank = { rank: 1, pair: 0, head: 0, pos: 0, canary: 0 }
  const after = playWeeks(world, { weeks: 6, reports: 5_000, shares: rank })
  const [before, learnt] = [world.auc(world.start), ...after.slice(-1).map(world.auc)]
  process.stdout.write(
    `AUC of a ranker that knows little: ${before.toFixed(2)}, after six rounds of 5,000 reports ${learnt?.toFixed(2)}\n`,
  )
  expect(before).toBeLessThan(0.62)
  expect(learnt).toBeGreaterThanOrEqual(0.76)
})

test('where trees know all that there is to know, noise of 50,000 reports costs lists at most 4 %', async () => {
  const kept: number[] = []
  for (const seed of [9, 10, 11]) {
    const world = await makeWorld(seed, { trees: 1, head: 0, term: 0 })
    const after = playWeeks(world, { weeks: 10, reports: 5_000, shares })
    const { none, of } = world.ndcg
    kept.push(...after.slice(-1).map((learnt) => of(learnt) / none))
  }
  const mean = kept.reduce((sum, share) => sum + share, 0) / kept.length
  process.stdout.write(`NDCG@20 where there is nothing to learn, after 50,000 reports: ${mean.toFixed(3)} of before\n`)
  expect(mean).toBeGreaterThan(0.96)
  expect(mean).toBeLessThan(1.02)
})
