import { expect, test } from 'vitest'
import { fightDuel } from './duel.ts'
import { type Tuning, takenStages, tuningLines } from './tuning.ts'

const present = Float64Array.from({ length: 30 }, (_, user) => (user % 5) / 10)
const better = present.map((value) => value + 0.05)
const worse = present.map((value) => value - 0.05)
const trials = [{ setting: { lambda: 3 }, rung: 0, ndcg: 0.2 }]
const searches = [{ name: 'voters', best: { lambda: 3 }, trials }]
const tuningOf = (tuned: Float64Array, known = present): Tuning => ({
  firstStage: { searches, duels: [fightDuel(known, tuned, 1)] },
  ranker: { searches, duels: [] },
})

test('what came of each stage is told in a sentence', () => {
  expect(tuningLines(null)).toEqual([])
  expect(tuningLines(tuningOf(better))).toEqual([
    "tuning of the first stage: the best of 1 trials was taken: NDCG@20 0.2500 against the default's 0.2000 on 30 fresh users, difference +0.0500 to +0.0500 in 80 % of resamples",
    'tuning of the ranker: 1 trials found nothing better than the default choice',
  ])
  expect(tuningLines(tuningOf(worse))[0]).toContain('was not taken, the default stays')
  expect(tuningLines(tuningOf(better.slice(0, 5), present.slice(0, 5)))[0]).toContain(
    '5 fresh users are too few to tell',
  )
})

test('only stages that won count as taken', () => {
  expect(takenStages(tuningOf(better))).toEqual(['first stage'])
  expect(takenStages(tuningOf(worse))).toEqual([])
  const { firstStage, ranker } = tuningOf(better)
  const duels = [...firstStage.duels, fightDuel(present, worse, 1)]
  expect(takenStages({ firstStage: { searches, duels }, ranker })).toEqual([])
})
