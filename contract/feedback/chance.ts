import type { QuestionType } from './plan.ts'

/** Prime below 2^26: products with 1,024 and sums stay exact in doubles. */
export const HIST_PRIME = 67_108_859

/**
 * Thresholds of vector questions by epsilon, and the chance that a standard normal lies above: a = 1 - Phi(z). Each z maximises
 * `vecScale` to three digits (PrivUnitG of Asi, Feldman & Talwar, ICML 2022). Constants, so that every engine uses the same bits; a test
 * derives them again.
 */
const VEC: Readonly<Record<number, { readonly z: number; readonly a: number }>> = {
  1: { z: 0.398, a: 0.3453150928736535 },
  2: { z: 0.787, a: 0.2156409330798718 },
  4: { z: 1.515, a: 0.06488620205817652 },
}

/** Residues below this are hits of a histogram's seed: round(q / (e^epsilon + 1)). */
export function histThreshold(epsilon: number): number {
  return Math.round(HIST_PRIME / (Math.exp(epsilon) + 1))
}

/** A fresh vector seed hits when its normals' inner product with the direction is at least this. */
export function vecThreshold(epsilon: number): number {
  return VEC[epsilon]?.z ?? Number.NaN
}

/** Chance `a` that a fresh seed hits, the same for every answer. NaN for a vector at an epsilon without constants (1, 2 and 4 have them). */
export function freshHitChance(type: QuestionType, epsilon: number): number {
  if (type === 'bin') return 0.5
  return type === 'hist' ? histThreshold(epsilon) / HIST_PRIME : (VEC[epsilon]?.a ?? Number.NaN)
}

/** Chance `p` of wanting a hit: then (p/a) / ((1-p)/(1-a)) = e^epsilon, the most that an answer changes a seed's likelihood. */
export function wantedHitChance(a: number, epsilon: number): number {
  const weighted = a * Math.exp(epsilon)
  return weighted / (weighted + 1 - a)
}
