import { createRandom } from '../train/random.ts'
import { calibrate } from './calibration.ts'
import { coldItemsOf } from './cold-items.ts'
import { diversityCurve, historyCurve } from './curves.ts'
import type { Desk, JudgeJob } from './desk.ts'
import { ageLabels, byActivity, byItems, categoryLabels, type Listed, popularityLabels } from './groups.ts'
import { pairedInterval } from './intervals.ts'
import type { Judgement } from './judgement.ts'
import { findLeaks } from './leaks.ts'
import { measureLists } from './measure-lists.ts'
import { firstUnseen, popularOrder, supportOf } from './popular-lists.ts'
import { retrievalOf } from './retrieval.ts'

/** A judgement with what other methods are compared by: the asked users and the model's NDCG@k of each. */
export type Judged = { readonly judgement: Judgement; readonly desk: Desk; readonly ndcg: Float64Array }

/** Asks for a list per tested user, measures it in every way that docs/evaluation.md describes, and compares it with popularity and chance. */
export async function judge(job: JudgeJob): Promise<Judged> {
  const { report, tested, cutoffs, dataset } = job
  const longest = Math.max(...cutoffs)
  const plain = { count: longest, rules: null, withCandidates: false }
  const visits = tested.map(({ known, at }) => ({ known, at }))
  const answers = await report.step('recommend', (onShare) => job.respondent.answers(visits, plain, onShare))
  await job.onLists?.(
    tested,
    answers.map(({ items }) => items),
  )
  const isAsked = tested.map(({ truth }) => truth.size > 0)
  const asked = tested.filter((_, user) => isAsked[user])
  const lists = answers.filter((_, user) => isAsked[user]).map(({ items }) => items)
  const support = supportOf(dataset.interactions)
  const popular = popularOrder(support)
  const known = asked.map((user) => user.known.map((row) => job.log.item[row]))
  const k = cutoffs.includes(20) ? 20 : longest
  const desk: Desk = { ...job, asked, lists, known, support, popular, k }
  return report.step('measure', (onShare) => describeLists(desk, tested.length - asked.length, onShare))
}

async function describeLists(desk: Desk, skippedUsers: number, onShare: (share: number) => void): Promise<Judged> {
  const { asked, lists, popular, cutoffs, k, seed } = desk
  const longest = Math.max(...cutoffs)
  const byPopularity = asked.map((_, user) => firstUnseen(popular, new Set(desk.known[user]), longest))
  const model = measureLists(desk, lists)
  const popularity = measureLists(desk, byPopularity)
  const random = measureLists(desk, randomLists(desk, longest))
  const listed = asked.map(({ truth }, user): Listed => ({ list: lists[user], truth, known: desk.known[user] }))
  const historyLength = await historyCurve(desk)
  onShare(0.3)
  const retrieval = desk.isDevice ? await retrievalOf(desk) : null
  onShare(0.6)
  const diversity = desk.isDevice ? await diversityCurve(desk) : []
  const judgement = {
    k,
    users: asked.length,
    skippedUsers,
    model: model.result,
    popularity: popularity.result,
    random: random.result,
    paired: {
      popularity: pairedInterval(model.ndcg, popularity.ndcg, seed),
      random: pairedInterval(model.ndcg, random.ndcg, seed),
    },
    groups: groupsOf(desk, listed),
    historyLength,
    retrieval: retrieval?.result ?? null,
    diversity,
    minSupport: [],
    calibration: retrieval === null ? null : calibrate(retrieval.even, retrieval.odd),
    coldItems: desk.isDevice ? await coldItemsOf(desk) : null,
    leaks: findLeaks(desk),
  }
  return { judgement, desk, ndcg: model.ndcg }
}

function groupsOf({ dataset, support, popular, k }: Desk, listed: readonly Listed[]): Judgement['groups'] {
  const group = ({ labels, names }: ReturnType<typeof ageLabels>) =>
    names.length === 0 ? [] : byItems(listed, labels, names, k)
  return {
    activity: byActivity(listed, k),
    category: group(categoryLabels(dataset, listed)),
    itemAge: group(ageLabels(dataset)),
    itemPopularity: group(popularityLabels(support, popular)),
  }
}

function randomLists({ asked, known, dataset, seed }: Desk, count: number): number[][] {
  const items = dataset.items.length
  return asked.map((_, user) => {
    const random = createRandom(seed * 7919 + user)
    const seen = new Set(known[user])
    const list = new Set<number>()
    for (let tries = 0; list.size < Math.min(count, items - seen.size) && tries < 50 * count; tries++) {
      const item = Math.floor(random() * items)
      if (!seen.has(item)) list.add(item)
    }
    return [...list]
  })
}
