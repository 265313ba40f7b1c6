import { vecThreshold, wantedHitChance } from './chance.ts'

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI)

/** Density of the standard normal law. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / SQRT_TWO_PI
}

/** Chance that a standard normal is at least x, |x| <= 6, by the series 1/2 - phi(x) (x + x^3/3 + x^5/(3*5) + …); error below 1e-15. */
export function normalAbove(x: number): number {
  let term = x
  let sum = x
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k
    sum += term
  }
  return 0.5 - normalDensity(x) * sum
}

/** How much of an answer the mean of the reported normals keeps: m = phi(z) (p/a - (1-p)/(1-a)). */
export function vecScale(epsilon: number, z: number = vecThreshold(epsilon)): number {
  const a = normalAbove(z)
  const p = wantedHitChance(a, epsilon)
  return normalDensity(z) * (p / a - (1 - p) / (1 - a))
}
