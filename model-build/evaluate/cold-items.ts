import { createKernelPool } from '../train/thread-pool.ts'
import { towerQueries } from '../two-tower/judge-two-tower.ts'
import { ask, type Desk, sample } from './desk.ts'
import { createFloatModels } from './float-models.ts'
import type { ColdItems } from './judgement.ts'

/** List length that cold items are judged at. */
const COLD_AT = 100

/** Ranks the items that training never saw among themselves, for users who took one; null where there is none. */
export async function coldItemsOf(desk: Desk): Promise<ColdItems | null> {
  const { support, asked } = desk
  const taken = new Set(asked.flatMap(({ truth }) => [...truth].filter((item) => item >= 0 && support[item] === 0)))
  if (taken.size < 20) return null
  const given = Int32Array.from(support.keys()).filter((item) => support[item] === 0)
  const users = sample(desk, (user) => [...asked[user].truth].some((item) => taken.has(item)))
  const answers = await ask(desk, users, { count: COLD_AT, rules: null, withCandidates: false, given })
  const recallOf = (lists: readonly ArrayLike<number>[]): number => {
    let recall = 0
    users.forEach((user, at) => {
      const truth = [...asked[user].truth].filter((item) => taken.has(item))
      const list = new Set(Array.from(lists[at]))
      recall += truth.filter((item) => list.has(item)).length / truth.length / users.length
    })
    return recall
  }
  const second = await secondLists(desk, users, given)
  return {
    items: given.length,
    users: users.length,
    'recall@100': recallOf(answers.map(({ items }) => items)),
    random: Math.min(1, COLD_AT / given.length),
    alone: { first: recallOf(firstLists(desk, users, given)), second: second === null ? null : recallOf(second) },
  }
}

function firstLists({ models, known }: Desk, users: readonly number[], given: Int32Array): Int32Array[] {
  const scoresOf = createFloatModels(models)
  return users.map((user) => bestOf(scoresOf(Array.from(known[user]).reverse(), 0).dotRecent, given))
}

/** By the two towers; null without them. The other spaces give all these items one vector. */
async function secondLists(
  { models: { second }, known }: Desk,
  users: readonly number[],
  given: Int32Array,
): Promise<Int32Array[] | null> {
  if (second?.kind !== 'twoTower') return null
  const { dim } = second.shape
  const pool = await createKernelPool({ threads: 1 })
  const queries = await towerQueries(
    pool,
    second,
    users.map((user) => known[user]),
  )
  await pool.close()
  return users.map((_, at) => {
    const scores = new Float32Array(second.items.length / dim)
    for (const item of given)
      for (let d = 0; d < dim; d++) scores[item] += queries[at * dim + d] * second.items[item * dim + d]
    return bestOf(scores, given)
  })
}

function bestOf(scores: Float32Array, given: Int32Array): Int32Array {
  return given.toSorted((a, b) => scores[b] - scores[a] || a - b).slice(0, COLD_AT)
}
