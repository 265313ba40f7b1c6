import type { CalibrationResult } from './judgement.ts'

/** Shown items: the ranker's score and whether the user took it. */
export type Shown = { readonly scores: Float64Array; readonly isHit: Uint8Array }

const BINS = 10
const ROUNDS = 25

/**
 * How well scores become probabilities: a logistic curve (Platt, 1999) is fitted on one half of the users and judged on the other, in ten bins of
 * equal count. null where a half has no hit.
 */
export function calibrate(fitted: Shown, judged: Shown): CalibrationResult | null {
  const hits = ({ isHit }: Shown) => isHit.reduce((sum, hit) => sum + hit, 0)
  if (hits(fitted) === 0 || hits(judged) === 0) return null
  const { slope, bias } = fitLogistic(fitted)
  const chance = judged.scores.map((score) => 1 / (1 + Math.exp(-(slope * score + bias))))
  const order = Array.from(chance.keys()).sort((a, b) => chance[a] - chance[b] || a - b)
  const bins = Array.from({ length: BINS }, (_, bin) => {
    const part = order.slice(Math.floor((bin * order.length) / BINS), Math.floor(((bin + 1) * order.length) / BINS))
    const mean = (of: (at: number) => number) => part.reduce((sum, at) => sum + of(at), 0) / Math.max(1, part.length)
    return { predicted: mean((at) => chance[at]), observed: mean((at) => judged.isHit[at]), count: part.length }
  }).filter(({ count }) => count > 0)
  const total = chance.length
  const base = hits(judged) / total
  return {
    bins,
    error:
      bins.reduce((sum, { predicted, observed, count }) => sum + Math.abs(predicted - observed) * count, 0) / total,
    logLoss: chance.reduce((sum, p, at) => sum + logLoss(p, judged.isHit[at]), 0) / total,
    baseLogLoss: logLoss(base, 1) * base + logLoss(base, 0) * (1 - base),
  }
}

/** -ln of the chance given to what happened, cut at 1e-12. */
export function logLoss(chance: number, happened: number): number {
  return -Math.log(Math.max(1e-12, happened === 1 ? chance : 1 - chance))
}

/** Newton's method on two parameters, with a light ridge. */
function fitLogistic({ scores, isHit }: Shown): { slope: number; bias: number } {
  const mean = isHit.reduce((sum, hit) => sum + hit, 0) / isHit.length
  let slope = 0
  let bias = Math.log(mean / (1 - mean || 1e-9))
  for (let round = 0; round < ROUNDS; round++) {
    let [gs, gb, ss, sb, bb] = [1e-3 * slope, 0, 1e-3, 0, 1e-9]
    for (let at = 0; at < scores.length; at++) {
      const p = 1 / (1 + Math.exp(-(slope * scores[at] + bias)))
      const error = p - isHit[at]
      const weight = p * (1 - p)
      gs += error * scores[at]
      gb += error
      ss += weight * scores[at] * scores[at]
      sb += weight * scores[at]
      bb += weight
    }
    const determinant = ss * bb - sb * sb
    if (!(Math.abs(determinant) > 1e-12)) break
    slope -= (bb * gs - sb * gb) / determinant
    bias -= (ss * gb - sb * gs) / determinant
  }
  return { slope, bias }
}
