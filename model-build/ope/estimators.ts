import { createRandom } from '../train/random.ts'

/** What another policy logged, one entry per showing; arrays are read only. */
export type LoggedShowings = {
  /** Click 0 or 1, or money. */
  readonly reward: Float64Array
  /** Chance with which the log's policy showed this item here, > 0. */
  readonly propensity: Float64Array
  /** Chance with which the judged policy would show this item here, 0…1. */
  readonly target: Float64Array
  /** Reward a model expects of the item that was shown. */
  readonly expected: Float64Array
  /** Reward the model expects of the judged policy here: sum over items of its chance times the model's reward. */
  readonly expectedOfTarget: Float64Array
}

export type Estimate = { readonly value: number; readonly low: number; readonly high: number }

/** What a policy would have earned per showing, by three estimators, and how far they may be trusted. */
export type PolicyEstimates = {
  readonly ips: Estimate
  readonly snips: Estimate
  readonly dr: Estimate
  /** (sum of weights)^2 / sum of squared weights: how many showings of its own the log is worth to the judged policy. */
  readonly effectiveSampleSize: number
  readonly largestWeight: number
  /** Share of showings whose weight was cut. */
  readonly clippedShare: number
}

/**
 * Estimates a policy's reward per showing from a log of another: inverse propensity scoring (Horvitz & Thompson 1952), self-normalised IPS
 * (Swaminathan & Joachims, NIPS 2015) and doubly robust (Dudík, Langford & Li, ICML 2011), with 95 % percentile bootstrap intervals over showings.
 * @param options.clip - Weights above are cut to this: less variance for some bias.
 */
export function estimatePolicy(
  log: LoggedShowings,
  options: { readonly clip: number; readonly seed: number; readonly resamples?: number },
): PolicyEstimates {
  const n = log.reward.length
  const raw = log.target.map((chance, r) => chance / log.propensity[r])
  const weight = raw.map((value) => Math.min(options.clip, value))
  const ips = weight.map((w, r) => w * log.reward[r])
  const dr = weight.map((w, r) => log.expectedOfTarget[r] + w * (log.reward[r] - log.expected[r]))
  const whole = sums({ weight, ips, dr }, n, (k) => k)
  const random = createRandom(options.seed)
  const samples = Array.from({ length: options.resamples ?? 500 }, () =>
    sums({ weight, ips, dr }, n, () => Math.floor(random() * n)),
  )
  const estimate = (of: (s: Sums) => number) => ({
    value: of(whole),
    ...range(Float64Array.from(samples, of).filter((value) => !Number.isNaN(value))),
  })
  const squares = weight.reduce((sum, w) => sum + w * w, 0)
  return {
    ips: estimate((s) => s.ips / n),
    snips: estimate((s) => s.ips / s.weight),
    dr: estimate((s) => s.dr / n),
    effectiveSampleSize: squares === 0 ? 0 : whole.weight ** 2 / squares,
    largestWeight: raw.reduce((most, w) => Math.max(most, w), 0),
    clippedShare: raw.filter((w) => w > options.clip).length / n,
  }
}

type Sums = { readonly weight: number; readonly ips: number; readonly dr: number }

function sums(parts: Record<keyof Sums, Float64Array>, n: number, draw: (k: number) => number): Sums {
  let [weight, ips, dr] = [0, 0, 0]
  for (let k = 0; k < n; k++) {
    const row = draw(k)
    weight += parts.weight[row]
    ips += parts.ips[row]
    dr += parts.dr[row]
  }
  return { weight, ips, dr }
}

function range(samples: Float64Array): { readonly low: number; readonly high: number } {
  const sorted = samples.sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return { low: at(0.025), high: at(0.975) }
}
