import { shortenHistory } from '../rank/split-history.ts'
import { createRandom } from '../train/random.ts'
import { ask, cosineOf, type Desk, meanNdcg, sample } from './desk.ts'
import type { DiversityPoint, HistoryPoint } from './judgement.ts'
import { diversityAt } from './metrics.ts'
import { firstUnseen } from './popular-lists.ts'

/** Lists of these strengths of the diversity rule are compared. */
const DIVERSITIES = [0, 0.1, 0.2, 0.3, 0.5, 0.7] as const

/** Known items that histories are cut to. */
const LENGTHS = [0, 1, 2, 5, 10] as const

const NO_RULES = { maxPerCategory: 0, freshness: 0, exploration: 0, seenDecay: 1, pins: [], boosts: [] } as const

/** The same users with all but their latest known items forgotten; users with fewer than ten are left out. */
export async function historyCurve(desk: Desk): Promise<HistoryPoint[]> {
  const longest = Math.max(...LENGTHS)
  const users = sample(desk, (user) => desk.asked[user].known.length >= longest)
  if (users.length === 0) return []
  const points: HistoryPoint[] = []
  for (const length of LENGTHS) {
    const cut = (user: number) =>
      shortenHistory(desk.log, desk.asked[user].known, length, createRandom(desk.seed * 31 + user))
    const answers = await ask(desk, users, { count: desk.k, rules: null, withCandidates: false }, cut)
    // What a visitor did not yet take may be shown: the rest of a history is neither known nor asked for.
    const popular = users.map((user) =>
      firstUnseen(desk.popular, new Set(cut(user).map((row) => desk.log.item[row])), desk.k),
    )
    const ndcg = meanNdcg(
      desk,
      users,
      answers.map(({ items }) => items),
    )
    points.push({ length, users: users.length, ndcg, popularity: meanNdcg(desk, users, popular) })
  }
  return points
}

/** NDCG and list diversity under growing strengths of the diversity rule, all other rules off. */
export async function diversityCurve(desk: Desk): Promise<DiversityPoint[]> {
  const users = sample(desk)
  const similarity = cosineOf(desk.models)
  const points: DiversityPoint[] = []
  for (const diversity of DIVERSITIES) {
    const rules = { ...NO_RULES, diversity }
    const answers = await ask(desk, users, { count: desk.k, rules, withCandidates: false })
    const lists = answers.map(({ items }) => items)
    const spread = lists.map((list) => diversityAt(list, similarity, desk.k)).filter((value) => !Number.isNaN(value))
    points.push({
      diversity,
      ndcg: meanNdcg(desk, users, lists),
      listDiversity: spread.reduce((sum, value) => sum + value, 0) / Math.max(1, spread.length),
    })
  }
  return points
}
