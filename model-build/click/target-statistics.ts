import { entryStart, type Groups, type PairGroups } from './groups.ts'

/** Rows whose labels may be used: `rows` ascending, labels by row, `base` their mean. */
export type History = { readonly rows: Int32Array; readonly label: Uint8Array; readonly base: number }

/** Labels summed by group. */
type Sums = { readonly n: Float64Array; readonly clicks: Float64Array }

const STRENGTHS = [1, 3, 10, 30, 100, 300, 1000]

/** Groups looked at when a strength is chosen. */
const SAMPLED_GROUPS = 20_000

export const logit = (p: number): number => Math.log(p / (1 - p))
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

function sumLabels(groups: Groups, history: History): Sums {
  const n = new Float64Array(groups.size)
  const clicks = new Float64Array(groups.size)
  const { offsets, ids } = groups
  for (const row of history.rows) {
    const end = offsets === null ? row + 1 : offsets[row + 1]
    for (let k = offsets === null ? row : offsets[row]; k < end; k++) {
      const id = ids[k]
      if (id < 0) continue
      n[id]++
      clicks[id] += history.label[row]
    }
  }
  return { n, clicks }
}

/** Smoothed log-odds by group, and how many history rows stand behind each. */
export type GroupRates = { readonly logOdds: Float64Array; readonly n: Float64Array }

/**
 * Rates smoothed towards `prior`: (clicks + a · prior) / (n + a) (empirical Bayes; Micci-Barreca, SIGKDD Explorations 2001).
 * @param prior - Rate by group, in (0, 1).
 */
export function smoothedRates(
  groups: Groups,
  history: History,
  prior: (group: number) => number,
  strength: number,
): GroupRates {
  const { n, clicks } = sumLabels(groups, history)
  const logOdds = Float64Array.from(n, (count, g) => {
    const p = prior(g)
    return logit((clicks[g] + strength * p) / (count + strength))
  })
  return { logOdds, n }
}

/** What a pair of groups is expected to do from each alone: their log-odds add up. */
export function pairPrior(
  pairs: PairGroups,
  first: GroupRates,
  second: GroupRates,
  base: number,
): (group: number) => number {
  const shift = logit(base)
  return (g) => sigmoid(first.logOdds[pairs.first[g]] + second.logOdds[pairs.second[g]] - shift)
}

/**
 * The smoothing strength under which each label is foretold best by its group's other labels, and how much better than by the prior alone
 * (nats per history row).
 */
export function chooseStrength(
  groups: Groups,
  history: History,
  prior: (group: number) => number,
): { readonly strength: number; readonly gain: number } {
  const { n, clicks } = sumLabels(groups, history)
  const step = Math.max(1, Math.floor(groups.size / SAMPLED_GROUPS))
  let best = { strength: STRENGTHS[STRENGTHS.length - 1], gain: Number.NEGATIVE_INFINITY }
  for (const strength of STRENGTHS) {
    let gain = 0
    let rows = 0
    for (let g = 0; g < groups.size; g += step) {
      if (n[g] === 0) continue
      const p = prior(g)
      const [yes, no] = [clicks[g], n[g] - clicks[g]]
      const others = n[g] - 1 + strength
      if (yes > 0) gain += yes * Math.log((yes - 1 + strength * p) / others / p)
      if (no > 0) gain += no * Math.log((no - 1 + strength * (1 - p)) / others / (1 - p))
      rows += n[g]
    }
    if (rows > 0 && gain / rows > best.gain) best = { strength, gain: gain / rows }
  }
  return best
}

/** Mean over a row's entries of a value by group; `missing` for rows without any. */
export function meanOfEntries(groups: Groups, row: number, value: (group: number) => number, missing: number): number {
  let sum = 0
  let count = 0
  for (let k = entryStart(groups, row); k < entryStart(groups, row + 1); k++) {
    const id = groups.ids[k]
    if (id < 0) continue
    sum += value(id)
    count++
  }
  return count === 0 ? missing : sum / count
}
