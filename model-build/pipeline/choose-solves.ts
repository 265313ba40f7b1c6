import type { Interactions } from '../dataset.ts'
import { ratioOf } from '../fit/choose-recency.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { selectIals } from '../train/select-ials.ts'
import { selectVoters } from '../train/select-voters.ts'
import { DENSE_LIMIT, type VoterMethod } from '../train/voters.ts'
import type { Job } from './job.ts'

/** Of a half-life of ten items: near enough to what is chosen later for an ordered log, and far from none. */
const USUAL_RATIO = ratioOf(10)

/** How histories fade while settings are judged, before recency itself is chosen. */
export function trialRatio({ order }: Interactions): number {
  return order === 'none' ? 1 : USUAL_RATIO
}

/** Two ways to try where two are affordable; where there is order, one of them learns from it. */
function methodsFor({ itemCount, order }: Interactions): readonly VoterMethod[] {
  const isDense = itemCount <= DENSE_LIMIT
  if (order === 'none') return isDense ? ['sparse', 'ease'] : ['sparse']
  return [isDense ? 'ease' : 'sparse', 'directed']
}

/** Chooses how embedding and voters are solved, on users held out. */
export async function chooseSolves(
  { dataset, settings: { models: base, visitors }, effort, pool }: Job,
  onShare: (share: number) => void,
): Promise<ModelOptions> {
  const log = dataset.interactions
  const order = log.order === 'none' ? 'ignore' : 'use'
  const { searchBudget: budget, searchUsers: maxUsers, searchRows: maxTrainRows } = effort
  const ratio = trialRatio(log)
  const common = { seed: base.seed, order, visitors, ratio, maxUsers, pool } as const
  const onSolve = (done: number, total: number) => onShare((0.5 * done) / total)
  const ials = await selectIals(log, base, { ...common, budget, onProgress: onSolve })
  const methods = methodsFor(log)
  let best = {
    ndcg: Number.NEGATIVE_INFINITY,
    voters: { lambda: base.lambda, against: base.against },
    voterMethod: base.voterMethod,
  }
  for (const [done, voterMethod] of methods.entries()) {
    const onProgress = (part: number, total: number) => onShare(0.5 + (0.5 * (done + part / total)) / methods.length)
    const { minSupport } = base
    const found = await selectVoters(log, { ...common, maxTrainRows, method: voterMethod, minSupport, onProgress })
    if (found.ndcg > best.ndcg) best = { ndcg: found.ndcg, voters: found.best, voterMethod }
  }
  return { ...base, ...ials.best, ...best.voters, voterMethod: best.voterMethod }
}
