import { UNKNOWN_U16 } from '#contract/columns'
import type { CardView, Reason, RecommendedItem, RecommendReply } from '#contract/rpc'
import type { Model } from '#worker/core/model'
import type { ReasonCode } from '#worker/core/reasons'
import type { Ranked, RankedItem } from '#worker/core/recommend'
import type { Visitor } from './visitor.ts'

/** A resident item as the page shows it; null where its cell came without cards. */
export function cardView(model: Model, row: number): CardView | null {
  const card = model.catalogue.cardOf(row)
  if (card === null) return null
  const { category, price } = model.catalogue.columns
  return {
    ...card,
    category: categoryName(model, category[row]),
    price: Number.isNaN(price[row]) ? null : readable(price[row]),
    currency: model.manifest.currency,
  }
}

/** Words a ranked list in text ids and names. @param list - Random id of the answer. */
export function toReply(model: Model, visitor: Visitor, ranked: Ranked, list: string): RecommendReply {
  const { items, scene, personal, ranker, retrievers, candidates, timings } = ranked
  return {
    list,
    scene,
    release: model.manifest.release,
    items: items.map((item) => toItem(model, visitor, item)).filter((item) => item !== null),
    personal,
    ranker,
    retriever: [...new Set(retrievers)],
    candidates,
    timings,
  }
}

function toItem(model: Model, visitor: Visitor, item: RankedItem): RecommendedItem | null {
  const card = cardView(model, item.row)
  if (card === null) return null
  return {
    id: card.id,
    itemNo: item.itemNo,
    card,
    score: item.score,
    reasons: item.reasons.map((reason) => toReason(model, visitor, reason)).filter((reason) => reason !== null),
    channels: item.channels,
    propensity: item.propensity,
  }
}

/** Puts names to a reason; null where its item is not known any more. */
export function toReason(model: Model, visitor: Visitor, reason: ReasonCode): Reason | null {
  if (reason.type === 'category') return { type: 'category', category: categoryName(model, reason.category) }
  if (reason.type !== 'because-you' && reason.type !== 'similar-to') return { type: reason.type }
  const card = model.catalogue.cardOf(model.catalogue.rowOf(reason.itemNo))
  const item = card?.id ?? visitor.idOf.get(reason.itemNo)
  return item === undefined ? null : { type: reason.type, item, title: card?.title ?? item }
}

function categoryName(model: Model, index: number): string {
  return index === UNKNOWN_U16 ? '' : (model.dictionaries.categories[index] ?? '')
}

/** The shortest decimal that is the same float32: 12.99 rather than 12.989999771118164. */
function readable(price: number): number {
  for (let digits = 7; digits <= 9; digits++) {
    const short = Number(price.toPrecision(digits))
    if (Math.fround(short) === price) return short
  }
  return price
}
