import type { Config } from '../config/schema.ts'
import type { CatalogueItem } from '../dataset.ts'
import type { Judgement } from '../evaluate/judgement.ts'
import type { IngestReport } from '../ingest/report.ts'
import type { FittedRanker } from '../rank/fit-ranker.ts'

/** One change to the data or the configuration, and what was measured that speaks for it. */
export type Advice = {
  readonly change: string
  readonly because: string
  /** How much is at stake, roughly as a share of NDCG; orders the list. */
  readonly stake: number
}

/** Everything that rules look at. */
export type AdviceInput = {
  readonly judgement: Judgement | null
  readonly ingest: IngestReport
  readonly items: readonly Pick<CatalogueItem, 'title' | 'category' | 'tags'>[]
  readonly config: Config
  readonly ranker: FittedRanker | null
}

type Rule = (input: AdviceInput) => Advice | null

const WANTED = 3
const RULES: readonly Rule[] = [
  lowerMinSupport,
  describeItems,
  cleanRows,
  addTimes,
  findMore,
  collectMore,
  serveNewcomers,
  spreadLists,
  showTheTail,
  gatherHistories,
]

/** The changes that would help most, by what this build measured; at most three, the largest stake first. */
export function adviseOn(input: AdviceInput): Advice[] {
  const found = RULES.map((rule) => rule(input)).filter((advice) => advice !== null)
  return found.sort((a, b) => b.stake - a.stake).slice(0, WANTED)
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

function lowerMinSupport({ judgement, config }: AdviceInput): Advice | null {
  const points = judgement?.minSupport ?? []
  const own = points.find(({ minSupport }) => minSupport === config.release.minSupport)
  const lower = points.filter(({ minSupport }) => minSupport < config.release.minSupport)
  const best = lower.reduce<(typeof lower)[number] | null>(
    (top, p) => (top === null || p.ndcg > top.ndcg ? p : top),
    null,
  )
  if (own === undefined || best === null || own.ndcg <= 0) return null
  const gain = best.ndcg / own.ndcg - 1
  if (gain < 0.01) return null
  return {
    change: `Set release.minSupport to ${best.minSupport}, or bring more people: pairs of items that fewer than ${own.minSupport} people had are not shipped.`,
    because: `NDCG would be ${percent(gain)} higher with ${best.minSupport}, with ${best.pairs.toLocaleString('en')} pairs in place of ${own.pairs.toLocaleString('en')}. It is a choice of privacy: a pair backed by few may tell of one.`,
    stake: gain,
  }
}

function describeItems({ items, judgement }: AdviceInput): Advice | null {
  const bare = items.filter(({ title, category, tags }) => title === '' && category === '' && tags.length === 0).length
  const uncategorised = items.filter(({ category }) => category === '').length
  if (items.length === 0 || Math.max(bare, uncategorised / 2) / items.length < 0.05) return null
  const cold = judgement?.coldItems
  const measured =
    cold === null || cold === undefined
      ? ''
      : ` New items are found at ${(cold['recall@100'] / cold.random).toFixed(1)} x chance.`
  return {
    change: 'Give items a title, a category and tags in the items file.',
    because: `${percent(bare / items.length)} of the items have none of them and ${percent(uncategorised / items.length)} no category, so that a new one cannot be placed beside its likes and lists cannot be varied by category.${measured}`,
    stake: 0.3 * (bare / items.length) + 0.05 * (uncategorised / items.length),
  }
}

function cleanRows({ ingest, config }: AdviceInput): Advice | null {
  if (ingest.rowsRead === 0 || ingest.cleanShare >= config.validation.cleanShareWarning) return null
  const reasons = Object.entries({ ...ingest.dropped, ...ingest.flagged }).sort((a, b) => b[1] - a[1])
  const [reason, count] = reasons[0] ?? ['unknown', 0]
  return {
    change: `Look at the rows marked ${reason} before the next build.`,
    because: `Only ${percent(ingest.cleanShare)} of the rows are clean; ${count.toLocaleString('en')} of ${ingest.rowsRead.toLocaleString('en')} are ${reason}.`,
    stake: 1 - ingest.cleanShare,
  }
}

function addTimes({ ingest }: AdviceInput): Advice | null {
  if (ingest.rowsRead === 0 || ingest.order === 'time') return null
  const what = ingest.order === 'none' ? 'neither times nor an order' : 'an order but no real times'
  return {
    change: 'Export a timestamp with each row.',
    because: `The log has ${what}: recent items cannot weigh more${ingest.order === 'none' ? '' : ' by age'}, nothing can trend, and this report cannot test on what came later.`,
    stake: ingest.order === 'none' ? 0.2 : 0.05,
  }
}

function findMore({ judgement }: AdviceInput): Advice | null {
  const retrieval = judgement?.retrieval
  if (retrieval === null || retrieval === undefined || retrieval.recall >= 0.6) return null
  const own = judgement?.model.metrics[`recall@${judgement.k}`] ?? 0
  return {
    change:
      'Log more kinds of events (views and carts beside purchases), and describe items better: the first stage decides here.',
    because: `${percent(1 - retrieval.recall)} of what people took next is not among the ${Math.round(retrieval.candidates)} candidates, so that no ranker could show it; the lists find ${percent(own)}.`,
    stake: 0.2 * (0.6 - retrieval.recall),
  }
}

function collectMore({ judgement }: AdviceInput): Advice | null {
  if (judgement === null || judgement === undefined) return null
  const ndcg = judgement.model.metrics[`ndcg@${judgement.k}`] ?? 0
  const [low, high] = judgement.model.intervals[`ndcg@${judgement.k}`] ?? [0, 0]
  const width = ndcg > 0 ? (high - low) / 2 / ndcg : 0
  if (width < 0.1) return null
  return {
    change: 'Judge on more people: a longer log, or split.heldOutUsers and split.testShare raised.',
    because: `With ${judgement.users} judged users NDCG@${judgement.k} is known to ± ${percent(width)} only; smaller changes cannot be told from chance, by you or by the gate.`,
    stake: 0.15 * width,
  }
}

function serveNewcomers({ judgement }: AdviceInput): Advice | null {
  const one = judgement?.historyLength.find(({ length }) => length === 1)
  const ten = judgement?.historyLength.find(({ length }) => length === 10)
  if (one === undefined || ten === undefined || !(ten.ndcg > 0) || one.ndcg >= 1.5 * one.popularity) return null
  return {
    change:
      'Ask newcomers for one or two favourites, or show shelves by category on landing pages: the first click says little here.',
    because: `After one click NDCG is ${(one.ndcg / Math.max(1e-9, one.popularity)).toFixed(2)} x popularity's; after ten it is ${(ten.ndcg / Math.max(1e-9, ten.popularity)).toFixed(2)} x.`,
    stake: 0.1,
  }
}

function spreadLists({ judgement }: AdviceInput): Advice | null {
  const plain = judgement?.diversity[0]
  const cheap = judgement?.diversity.filter(({ ndcg }) => plain !== undefined && ndcg >= 0.99 * plain.ndcg).at(-1)
  if (plain === undefined || cheap === undefined || cheap.diversity === 0) return null
  const gain = cheap.listDiversity / Math.max(1e-9, plain.listDiversity) - 1
  if (gain < 0.03) return null
  return {
    change: `Set rules.diversity to ${cheap.diversity} on the page.`,
    because: `Lists become ${percent(gain)} more diverse for ${percent(Math.max(0, 1 - cheap.ndcg / plain.ndcg))} of NDCG.`,
    stake: 0.1 * gain,
  }
}

function showTheTail({ judgement }: AdviceInput): Advice | null {
  const lift = judgement?.model.metrics[`popularity-lift@${judgement.k}`]
  const tail = judgement?.groups.itemPopularity.at(-1)
  if (lift === undefined || tail === undefined || tail.fairness === null || tail.fairness > 0.5) return null
  return {
    change: 'Give rare items places of their own: a boost, a "fresh" shelf, or exploration on one place of a list.',
    because: `The rarest third of rows gets ${percent(tail.exposure)} of the places and ${percent(tail.taken)} of the demand; shown items are ${lift.toFixed(1)} x as popular as what people have.`,
    stake: 0.1 * (0.5 - tail.fairness),
  }
}

function gatherHistories({ ranker }: AdviceInput): Advice | null {
  if (ranker === null) return null
  const { head, headAndModel } = ranker.validation
  if (headAndModel > head * 1.005) return null
  const what = ranker.model.kind === 'trees' ? 'trees' : 'network'
  return {
    change: `Gather more histories: the ${what} found next to nothing that the plain blend of the channels does not say.`,
    because: `On validation lists the blend alone has NDCG@20 ${head.toFixed(3)}, with the ${what} ${headAndModel.toFixed(3)}.`,
    stake: 0.01,
  }
}
