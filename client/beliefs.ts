import { type DeviceEvent, EVENT_WEIGHTS } from '#contract/events'
import type { CardView } from '#contract/rpc'

/**
 * What the device believes about its visitor, in terms that a page can show.
 * @public
 */
export type Beliefs = {
  /** Items the belief rests on. */
  readonly items: number
  /** Categories with their share of the weighted history, 0…1, largest first. */
  readonly categories: readonly { readonly name: string; readonly share: number }[]
  /** Items the visitor asked to see less of. */
  readonly refused: number
}

/** Adds up a history by category; each item speaks by its strongest event, refused ones only count as refused. */
export function summariseBeliefs(events: readonly DeviceEvent[], cards: readonly CardView[]): Beliefs {
  const categoryOf = new Map(cards.map((card) => [card.id, card.category]))
  const weightOf = new Map<string, number>()
  const refused = new Set<string>()
  for (const { item, type } of events) {
    const weight = EVENT_WEIGHTS[type]
    if (weight < 0) refused.add(item)
    else if (weight > 0) weightOf.set(item, Math.max(weightOf.get(item) ?? 0, weight))
  }
  const totals = new Map<string, number>()
  let total = 0
  for (const [item, weight] of weightOf) {
    const category = categoryOf.get(item)
    if (refused.has(item) || !category) continue
    totals.set(category, (totals.get(category) ?? 0) + weight)
    total += weight
  }
  const categories = [...totals].map(([name, sum]) => ({ name, share: sum / total }))
  categories.sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1))
  return { items: weightOf.size, categories, refused: refused.size }
}
