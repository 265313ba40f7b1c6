import { RecError } from '#contract/errors'
import { createRandom } from '../train/random.ts'
import { estimatePolicy, type PolicyEstimates } from './estimators.ts'
import type { ShowingLog } from './showings.ts'

/** Chance of each item at a position; items it never shows are absent. */
export type Policy = (position: string) => ReadonlyMap<string, number>

/** The policy that shows each of the items alike. */
export function uniformPolicy(items: Iterable<string>): Policy {
  const all = [...new Set(items)]
  const chances = new Map(all.map((item) => [item, 1 / all.length]))
  return () => chances
}

/** The policy whose log this is, as often as it showed each item at each position; one for every position where its log has none. */
export function policyOfLog(log: ShowingLog): Policy {
  const counts = new Map<string, Map<string, number>>()
  log.item.forEach((item, r) => {
    const own = counts.get(log.position[r]) ?? new Map<string, number>()
    own.set(item, (own.get(item) ?? 0) + 1)
    counts.set(log.position[r], own)
  })
  for (const own of counts.values()) {
    const total = [...own.values()].reduce((sum, count) => sum + count, 0)
    for (const [item, count] of own) own.set(item, count / total)
  }
  const everywhere = counts.size === 1 ? counts.get('') : undefined
  return (position) => everywhere ?? counts.get(position) ?? new Map()
}

/** Halves of the log: rewards of one are foretold from the other (cross-fitting), so that the model has not seen what it corrects. */
const FOLDS = 2
/** Showings of the base rate that an item's rate is smoothed by. */
const SMOOTHING = 100

export type JudgeOptions = { readonly clip: number; readonly seed: number }

/**
 * What `policy` would have earned per showing had it chosen in the place of the policy that wrote the log; the reward model of the doubly robust
 * estimator is the item's smoothed rate.
 * @throws RecError `input-malformed` for a log without rewards or without propensities above 0, and for a policy that shows nothing at any of its positions.
 */
export function judgePolicy(log: ShowingLog, policy: Policy, options: JudgeOptions): PolicyEstimates {
  if (log.reward.some(Number.isNaN))
    throw new RecError(
      'input-malformed',
      'every showing of the log needs a reward (column "click", "label" or "reward")',
    )
  if (log.propensity.some((chance) => !(chance > 0 && chance <= 1)))
    throw new RecError('input-malformed', 'every showing of the log needs a propensity above 0 and at most 1')
  refuseUncovered(log, policy)
  const random = createRandom(options.seed)
  const fold = Uint8Array.from(log.item, () => Math.floor(random() * FOLDS))
  const rates = Array.from({ length: FOLDS }, (_, f) => itemRates(log, (r) => fold[r] !== f))
  const cache = new Map<string, number>()
  const expectedAt = (f: number, position: string): number => {
    const key = `${f} ${position}`
    const known = cache.get(key)
    if (known !== undefined) return known
    let sum = 0
    for (const [item, chance] of policy(position)) sum += chance * rates[f](item)
    cache.set(key, sum)
    return sum
  }
  return estimatePolicy(
    {
      reward: log.reward,
      propensity: log.propensity,
      target: Float64Array.from(log.item, (item, r) => policy(log.position[r]).get(item) ?? 0),
      expected: Float64Array.from(log.item, (item, r) => rates[fold[r]](item)),
      expectedOfTarget: Float64Array.from(log.position, (position, r) => expectedAt(fold[r], position)),
    },
    options,
  )
}

/** Without this a policy of other positions would seem to earn 0, with certainty. */
function refuseUncovered({ position }: ShowingLog, policy: Policy): void {
  const positions = [...new Set(position)]
  if (positions.some((own) => policy(own).size > 0)) return
  const names = positions.slice(0, 5).map((own) => (own === '' ? 'it has none' : `"${own.slice(0, 40)}"`))
  const message = `the target shows nothing at any of the log's positions (${names.join(', ')}${positions.length > 5 ? ', …' : ''})`
  throw new RecError('input-malformed', message, { positions: positions.length })
}

function itemRates(log: ShowingLog, isUsed: (row: number) => boolean): (item: string) => number {
  const sums = new Map<string, { n: number; reward: number }>()
  let [n, reward] = [0, 0]
  log.item.forEach((item, r) => {
    if (!isUsed(r)) return
    const own = sums.get(item) ?? { n: 0, reward: 0 }
    sums.set(item, { n: own.n + 1, reward: own.reward + log.reward[r] })
    n++
    reward += log.reward[r]
  })
  const base = n === 0 ? 0 : reward / n
  return (item) => {
    const own = sums.get(item) ?? { n: 0, reward: 0 }
    return (own.reward + SMOOTHING * base) / (own.n + SMOOTHING)
  }
}
