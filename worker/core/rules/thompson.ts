/** A Beta distribution of an item's click rate: `strength` pseudo-showings of which the share `mean` was clicked. */
export type BetaPrior = { readonly mean: number; readonly strength: number }

/** What Thompson sampling reads of a candidate. */
export type Arm = {
  /** Strength 0 where nothing is known. */
  readonly prior: BetaPrior
  /** Showings without a click on this device; each counts as a failure. */
  readonly misses: number
}

/** Points at which distributions are compared; they stand closer together near zero, where click rates are. */
const POINTS = 96
const RATES = Float64Array.from({ length: POINTS }, (_, k) => ((k + 0.5) / POINTS) ** 3)
const LOG_RATE = RATES.map(Math.log)
const LOG_REST = RATES.map((rate) => Math.log(1 - rate))

/** Pseudo-showings of an item of which nothing is known; its mean is that of the others. */
const UNKNOWN_STRENGTH = 2
/** Smallest chance that a rate is below a point; keeps quotients finite. */
const LEAST_BELOW = 1e-12

type Curve = { readonly density: Float64Array; readonly below: Float64Array; readonly logBelow: Float64Array }

/**
 * Thompson sampling by probability matching (Thompson 1933): the chance of each arm that its draw from its Beta distribution is the largest. Computed
 * on a fixed grid of rates and not by draws, so that what is logged as propensity is exactly what chance decides.
 * @param arms - All that may be asked for.
 * @returns A function that gives the chances of some of the arms, by index, against each other; they sum to 1 and are all alike where nothing is known.
 */
export function createThompson(arms: readonly Arm[]): (asked: readonly number[]) => Float64Array {
  const known = arms.filter(({ prior }) => prior.strength > 0)
  const mean = known.length === 0 ? 0.5 : known.reduce((sum, { prior }) => sum + prior.mean, 0) / known.length
  const curves = new Map<number, Curve>()
  const curveOf = (arm: number): Curve => {
    const curve = curves.get(arm) ?? makeCurve(arms[arm], mean)
    curves.set(arm, curve)
    return curve
  }
  return (asked) => {
    const own = asked.map(curveOf)
    const total = new Float64Array(POINTS)
    for (const { logBelow } of own) for (let k = 0; k < POINTS; k++) total[k] += logBelow[k]
    const top = total.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
    const product = total.map((value) => Math.exp(value - top))
    const chances = Float64Array.from(own, ({ density, below }) => {
      let chance = 0
      for (let k = 0; k < POINTS; k++) chance += (density[k] * product[k]) / below[k]
      return chance
    })
    const sum = chances.reduce((all, chance) => all + chance, 0)
    return chances.map((chance) => chance / sum)
  }
}

/** Beta(clicks, rest) on the grid, each point weighed by the width of its cell, with what lies below each point (half its own included). */
function makeCurve({ prior, misses }: Arm, mean: number): Curve {
  const { mean: rate, strength } = prior.strength > 0 ? prior : { mean, strength: UNKNOWN_STRENGTH }
  const clicks = Math.max(0.05, rate * strength)
  const rest = Math.max(0.05, (1 - rate) * strength) + misses
  // A cell's width is proportional to rate^(2/3).
  const density = LOG_RATE.map((log, k) => (clicks - 1 / 3) * log + (rest - 1) * LOG_REST[k])
  const top = density.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let k = 0; k < POINTS; k++) {
    density[k] = Math.exp(density[k] - top)
    sum += density[k]
  }
  const below = new Float64Array(POINTS)
  let done = 0
  for (let k = 0; k < POINTS; k++) {
    density[k] /= sum
    below[k] = Math.max(LEAST_BELOW, done + density[k] / 2)
    done += density[k]
  }
  return { density, below, logBelow: below.map(Math.log) }
}
