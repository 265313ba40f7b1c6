import type { MeanSettings } from '../mean/train-mean.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Visitors } from '../train/validation-users.ts'
import { runBaselines } from './baselines.ts'
import type { Desk } from './desk.ts'
import { type Paired, pairedInterval } from './intervals.ts'
import type { MethodResult } from './judgement.ts'
import { measureLists } from './measure-lists.ts'

/** A known method on the tested users (some of them, where score matrices would not fit), or why it did not run. */
export type JudgedBaseline =
  | (MethodResult & { readonly note: string; readonly users: number; readonly modelOver: Paired })
  | { readonly skipped: string }

export type JudgedBaselines = Readonly<Record<string, JudgedBaseline>>

/** NDCG@k of each asked user under each method, NaN for users that a method was not asked about. */
export type UserNdcg = Record<string, Float64Array>

type Job = {
  readonly desk: Desk
  /** The model's NDCG@k of each asked user. */
  readonly ndcg: Float64Array
  readonly pool: KernelPool
  readonly mean: MeanSettings | null
  readonly visitors: Visitors
  readonly note: (text: string) => void
  /** Gets each baseline's own numbers. */
  readonly perUser: UserNdcg
}

/** Score matrices of more cells are not made; fewer users are asked instead. */
const MAX_CELLS = 2 ** 27

/** Runs known methods, each tuned on validation users of the training rows, and compares the model with them user by user. */
export async function judgeBaselines({
  desk,
  ndcg,
  pool,
  mean,
  visitors,
  note,
  perUser,
}: Job): Promise<JudgedBaselines> {
  const { dataset, cutoffs, seed } = desk
  const items = dataset.items.length
  const every = Math.ceil((items * desk.asked.length) / MAX_CELLS)
  const users = Array.from(desk.asked.keys()).filter((user) => user % every === 0)
  const known = users.map((user) => desk.known[user])
  const part = { ...desk, asked: users.map((user) => desk.asked[user]), known }
  const own = Float64Array.from(users, (user) => ndcg[user])
  const order = dataset.interactions.order === 'none' ? 'ignore' : 'use'
  const judged: Record<string, JudgedBaseline> = {}
  for await (const baseline of runBaselines({ dataset, asked: known, order, visitors, seed, pool, mean })) {
    note(`${baseline.name}: ${baseline.note}`)
    const { scores } = baseline
    if (scores === null) {
      judged[baseline.name] = { skipped: baseline.note }
      continue
    }
    const longest = Math.max(...cutoffs)
    const lists = known.map((history, user) =>
      bestOf(scores.subarray(user * items, (user + 1) * items), history, longest),
    )
    const { result, ndcg: theirs } = measureLists(part, lists)
    const modelOver = pairedInterval(own, theirs, seed)
    const all = new Float64Array(ndcg.length).fill(Number.NaN)
    users.forEach((user, at) => {
      all[user] = theirs[at]
    })
    perUser[baseline.name] = all
    judged[baseline.name] = { ...result, note: baseline.note, users: users.length, modelOver }
  }
  return judged
}

/** The best items by score, those of the history left out; ties go to the lower index. */
export function bestOf(scores: Float32Array, history: Int32Array, count: number): number[] {
  const seen = new Set(history)
  const best: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let item = 0; item < scores.length; item++) {
    if ((best.length === count && scores[item] <= last) || seen.has(item)) continue
    let at = best.length === count ? count - 1 : best.length
    for (; at > 0 && scores[best[at - 1]] < scores[item]; at--) best[at] = best[at - 1]
    best[at] = item
    last = scores[best[best.length - 1]]
  }
  return best
}
