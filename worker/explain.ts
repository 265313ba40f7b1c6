import { FEATURE_COUNT, FEATURE_NAMES } from '#contract/features'
import type { RuleDefaults } from '#contract/manifest'
import type { Explanation, Preferences, RecommendReply, RecommendRequest, Verdict } from '#contract/rpc'
import { CHANNELS } from '#worker/core/channels'
import type { Model } from '#worker/core/model'
import { reasonsOf } from '#worker/core/reasons'
import type { Trace } from '#worker/core/recommend'
import { orderBy } from '#worker/core/rules/pool'
import { cardView, toReason } from './reply.ts'
import type { Visitor } from './visitor.ts'

/** An answer with what it was made of. */
export type Traced = {
  readonly request: RecommendRequest
  readonly reply: RecommendReply
  readonly model: Model
  readonly visitor: Visitor
  readonly preferences: Preferences
  /** In force for this answer, null when switched off. */
  readonly rules: RuleDefaults | null
  readonly trace: Trace
}

/** Says why an item is in an answer, or why it is not. */
export function explainItem(traced: Traced, id: string): Explanation {
  const { reply, model, visitor, trace } = traced
  const row = model.catalogue.rowOfId(id)
  const candidate = trace.set.rows.indexOf(row)
  const position = reply.items.findIndex((item) => item.id === id)
  const shown = reply.items[position]
  const rank = candidate < 0 ? null : orderOf(trace, model).indexOf(candidate)
  const scores = reply.items.map(({ score }) => score)
  const reasons = candidate < 0 ? [] : reasonsOf(trace.set, trace.features, candidate, { ...reply, explored: false })
  return {
    id,
    verdict: position >= 0 ? 'shown' : verdictOf(traced, id, row, rank),
    scene: reply.scene,
    card: row < 0 ? null : cardView(model, row),
    position: position < 0 ? null : position,
    rank,
    candidates: reply.candidates,
    score: candidate < 0 ? null : trace.scores[candidate],
    leastShown: scores.length === 0 ? null : Math.min(...scores),
    reasons: shown?.reasons ?? reasons.map((reason) => toReason(model, visitor, reason)).filter((one) => one !== null),
    channels: candidate < 0 ? [] : channelsOf(trace, candidate),
    features: Object.fromEntries(featuresOf(trace, candidate).map((value, i) => [FEATURE_NAMES[i] ?? '', value])),
  }
}

/** A candidate's feature row; empty for none. */
export function featuresOf({ features }: Trace, candidate: number): readonly number[] {
  if (candidate < 0) return []
  return [...features.subarray(candidate * FEATURE_COUNT, (candidate + 1) * FEATURE_COUNT)]
}

/** Candidates in the order of their scores, as rules start from it. */
export function orderOf({ set, scores }: Trace, { catalogue }: Model): Int32Array {
  const itemNos = Uint32Array.from(set.rows, (row) => catalogue.itemNoOf[row])
  return orderBy(scores, itemNos)
}

/** Channels that found a candidate. */
export function channelsOf({ set }: Trace, candidate: number): Explanation['channels'] {
  return CHANNELS.filter((_, bit) => (set.channels[candidate] & (1 << bit)) !== 0)
}

function verdictOf(
  { request, model, visitor, preferences }: Traced,
  id: string,
  row: number,
  rank: number | null,
): Verdict {
  if (row < 0) return 'unknown'
  if (rank !== null) return rank >= request.count ? 'outranked' : 'varied'
  const itemNo = model.catalogue.itemNoOf[row]
  const category = model.dictionaries.categories[model.catalogue.columns.category[row]] ?? ''
  if (model.closed[row] !== 0) return 'unavailable'
  if (visitor.hidden.includes(itemNo)) return 'refused'
  if (preferences.muted.includes(category)) return 'muted'
  if (request.exclude?.includes(id) || request.contextItems?.includes(id)) return 'excluded'
  if (isFiltered(request, model, row, category)) return 'filtered'
  return visitor.idOf.has(itemNo) && request.includeSeen !== true ? 'seen' : 'not-found'
}

function isFiltered(
  { categories, minPrice = Number.NEGATIVE_INFINITY, maxPrice = Number.POSITIVE_INFINITY, ...rest }: RecommendRequest,
  { catalogue }: Model,
  row: number,
  category: string,
): boolean {
  if (categories !== undefined && !categories.includes(category)) return true
  const price = catalogue.columns.price[row]
  const isLimited = Number.isFinite(minPrice) || Number.isFinite(maxPrice)
  if (isLimited && !(price >= minPrice && price <= maxPrice)) return true
  const id = catalogue.cardOf(row)?.id ?? ''
  return rest.scene === 'rerank' && rest.items?.includes(id) === false
}
