import { standard } from '#contract/feature-math'
import { TopHeap } from '#worker/core/top-heap'
import { JUDGED_AT } from '../train/search.ts'
import { type FoldInJob, scoreHistories } from '../train/select-ials.ts'
import { createVoterScorer } from '../train/select-voters.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { ndcgOfScores } from '../train/validation-users.ts'
import type { Voters } from '../train/voters.ts'
import type { JudgingUsers } from './trial-folds.ts'

/** Candidates of each channel. */
const CANDIDATES = 200

/** A first stage: item vectors with how they were trained, and voters. */
export type FirstStage = { readonly items: Float32Array; readonly job: FoldInJob; readonly voters: Voters }

/**
 * NDCG@20 of each validation user under the even blend of both channels, which the second stage starts from: the sum of the standardised scores over what
 * either channel finds. Each channel alone would be tuned to do what the other does already.
 */
export async function judgeBlend(
  pool: KernelPool,
  { items, job, voters }: FirstStage,
  { histories, truths }: JudgingUsers,
): Promise<Float64Array> {
  const itemCount = voters.offsets.length - 1
  const votesFor = createVoterScorer(voters, itemCount, job.ratio)
  const best = createFinder(itemCount)
  const ndcg = new Float64Array(histories.length)
  await scoreHistories(pool, items, { ...job, histories }, (user, dots) => {
    const votes = votesFor(histories[user])
    for (const item of histories[user]) {
      dots[item] = Number.NEGATIVE_INFINITY
      votes[item] = Number.NEGATIVE_INFINITY
    }
    const found = [...new Set([...best(dots, Number.NEGATIVE_INFINITY), ...best(votes, 0)])]
    const [a, b] = [dots, votes].map((scores) => standard(Float32Array.from(found, (item) => scores[item])))
    const blend = new Float32Array(itemCount).fill(Number.NEGATIVE_INFINITY)
    found.forEach((item, k) => {
      blend[item] = a[k] + b[k]
    })
    ndcg[user] = ndcgOfScores(blend, histories[user], truths[user], JUDGED_AT)
  })
  return ndcg
}

/** Gives the best items above a score, best first. */
function createFinder(itemCount: number): (scores: Float32Array, above: number) => Int32Array {
  const heap = new TopHeap(Uint32Array.from({ length: itemCount }, (_, item) => item))
  return (scores, above) => {
    heap.reset(CANDIDATES)
    for (let item = 0; item < itemCount; item++)
      if (scores[item] > above && scores[item] >= heap.floor) heap.offer(item, scores[item])
    return heap.take().rows
  }
}
