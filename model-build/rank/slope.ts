import { hasGain } from '../train/ranking-metric.ts'
import type { TrainingGroup } from './training-group.ts'

/** Slopes that are tried: 2^(-4) … 2^4 in quarter steps. */
const TRIED = Array.from({ length: 33 }, (_, k) => 2 ** ((k - 16) / 4))

/** The slope under which the softmax of a list's scores gives held-out items the highest mean log chance, by their gains; 1 without lists that say anything. */
export function fitSlope(groups: readonly TrainingGroup[], score: (group: TrainingGroup) => Float32Array): number {
  const lists = groups.filter(hasGain).map((group) => ({ scores: score(group), gains: group.gains }))
  let best = { slope: 1, gain: Number.NEGATIVE_INFINITY }
  for (const slope of TRIED) {
    const gain = lists.reduce((sum, list) => sum + logChance(list, slope), 0)
    if (gain > best.gain) best = { slope, gain }
  }
  return best.slope
}

type Scored = { readonly scores: Float32Array; readonly gains: Float32Array }

function logChance({ scores, gains }: Scored, slope: number): number {
  let top = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > top) top = score
  let total = 0
  let taken = 0
  let takes = 0
  scores.forEach((score, i) => {
    const value = slope * (score - top)
    total += Math.exp(value)
    taken += gains[i] * value
    takes += gains[i]
  })
  return taken / takes - Math.log(total)
}
