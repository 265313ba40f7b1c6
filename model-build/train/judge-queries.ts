import { padRows, scoreAll } from './dense-scores.ts'
import { JUDGED_AT } from './search.ts'
import type { KernelPool } from './thread-pool.ts'
import { ndcgOfScores, type ValidationUsers } from './validation-users.ts'

/** Item vectors and one query per validation user, both row-major. */
export type Queries = {
  readonly queries: Float32Array
  readonly items: Float32Array
  readonly dim: number
  /** Changes a user's scores before they are judged. */
  readonly amend?: (scores: Float32Array) => void
}

/** Mean NDCG@20 of validation users whose items rank by inner product over the full catalogue, history items masked; 0 of no users. */
export function judgeQueries(
  pool: KernelPool,
  { queries, items, dim, amend }: Queries,
  { histories, truths }: Pick<ValidationUsers, 'histories' | 'truths'>,
): Promise<number> {
  return pool.scope(async () => {
    let sum = 0
    await scoreAll(pool, padRows(pool, queries, dim), padRows(pool, items, dim), (user, scores) => {
      amend?.(scores)
      sum += ndcgOfScores(scores, histories[user], truths[user], JUDGED_AT)
    })
    return sum / Math.max(1, histories.length)
  })
}
