import type { Crew } from '../crew/crew.ts'
import type { Answer, AnswerOptions } from '../crew/seat.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import type { Visit } from '../device/visits.ts'
import type { Report } from '../pipeline/progress.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import { ndcgAt } from './metrics.ts'
import type { TestUser } from './test-users.ts'

/** Whoever answers visits: a crew of devices, or the exact reference. */
export type Respondent = Pick<Crew, 'answers'>

/** What is judged and by whom. */
export type JudgeJob = {
  /** What training saw: popularity, ages and categories are of it. */
  readonly dataset: Dataset
  /** The log that the known rows of tested users are rows of. */
  readonly log: Interactions
  readonly tested: readonly TestUser[]
  readonly cutoffs: readonly number[]
  readonly respondent: Respondent
  /** Whether the respondent retrieves candidates and applies rules, as a device does. */
  readonly isDevice: boolean
  readonly models: FittedModels
  /** Users of the parts that ask more than once. */
  readonly sampledUsers: number
  readonly seed: number
  readonly report: Report
  /** Gets every tested user's list, in order. */
  readonly onLists?: (tested: readonly TestUser[], lists: readonly Int32Array[]) => Promise<void>
}

/** What the parts of a judgement share. */
export type Desk = JudgeJob & {
  /** Users with something to find. */
  readonly asked: readonly TestUser[]
  readonly lists: readonly Int32Array[]
  readonly known: readonly Int32Array[]
  readonly support: Float64Array
  readonly popular: Int32Array
  readonly k: number
}

/** Every n-th asked user, so many as are wanted; more cost time and change the third digit. */
export function sample(desk: Desk, allowed: (user: number) => boolean = () => true): number[] {
  const users = Array.from(desk.asked.keys()).filter(allowed)
  const every = Math.max(1, Math.ceil(users.length / desk.sampledUsers))
  return users.filter((_, at) => at % every === 0)
}

/** Answers of some users' visits, by default with all that is known of them. */
export function ask(
  { asked, respondent }: Desk,
  users: readonly number[],
  options: AnswerOptions,
  known = (user: number): Int32Array => asked[user].known,
): Promise<Answer[]> {
  const visits = users.map((user): Visit => ({ known: known(user), at: asked[user].at }))
  return respondent.answers(visits, options, () => undefined)
}

/** Mean NDCG@k of some users' lists. */
export function meanNdcg({ asked, k }: Desk, users: readonly number[], lists: readonly ArrayLike<number>[]): number {
  return users.reduce((sum, user, at) => sum + ndcgAt(lists[at], asked[user].truth, k), 0) / Math.max(1, users.length)
}

/** Cosine of item vectors, cut at 0; items without direction are unlike all. */
export function cosineOf({ vectors, dim }: Pick<FittedModels, 'vectors' | 'dim'>): (a: number, b: number) => number {
  const lengths = new Map<number, number>()
  const lengthOf = (item: number): number => {
    let length = lengths.get(item)
    if (length === undefined) {
      let sum = 0
      for (let d = item * dim; d < (item + 1) * dim; d++) sum += vectors[d] * vectors[d]
      length = Math.sqrt(sum)
      lengths.set(item, length)
    }
    return length
  }
  return (a, b) => {
    const scale = lengthOf(a) * lengthOf(b)
    let sum = 0
    for (let d = 0; d < dim; d++) sum += vectors[a * dim + d] * vectors[b * dim + d]
    return scale > 0 ? Math.max(0, sum / scale) : 0
  }
}
