import { UNKNOWN_U16 } from './columns.ts'
import { type FeatureInputs, type HistoryItem, TASTE_RATIO } from './features.ts'
import { historyWeights } from './fold-in.ts'

/** What a history says of its owner, apart from any candidate. */
export type Taste = {
  readonly distinctCategoryShare: number
  readonly topCategoryShare: number
  /** Share of the weighted history by category; unknown categories have none. */
  readonly categoryShare: ReadonlyMap<number, number>
  readonly categoryCount: ReadonlyMap<number, number>
  readonly tagShare: ReadonlyMap<number, number>
  /** Category of the latest item, -1 where order means nothing. */
  readonly lastCategory: number
  readonly lastTags: ReadonlyMap<number, number>
  readonly meanPopularity: number
  readonly recentPopularity: number
  readonly popularityDeviation: number
  /** -1 unknown. */
  readonly meanPrice: number
}

/** Summarises a history; shares weigh the k-th latest item by TASTE_RATIO^k where order means something, else alike. */
export function summariseTaste({ history, ordered }: Pick<FeatureInputs, 'history' | 'ordered'>): Taste {
  const weights = historyWeights(history.length, ordered ? TASTE_RATIO : 1)
  let total = 0
  for (const weight of weights) total += weight
  const categoryShare = new Map<number, number>()
  const categoryCount = new Map<number, number>()
  const tagShare = new Map<number, number>()
  history.forEach((item, h) => {
    const share = weights[h] / total
    for (const tag of item.tags) tagShare.set(tag, (tagShare.get(tag) ?? 0) + share)
    if (item.category === UNKNOWN_U16) return
    categoryShare.set(item.category, (categoryShare.get(item.category) ?? 0) + share)
    categoryCount.set(item.category, (categoryCount.get(item.category) ?? 0) + 1)
  })
  const last = ordered ? history[0] : undefined
  return {
    distinctCategoryShare: history.length === 0 ? 0 : categoryCount.size / history.length,
    topCategoryShare: Math.max(0, ...categoryShare.values()),
    categoryShare,
    categoryCount,
    tagShare,
    lastCategory: last?.category ?? -1,
    lastTags: new Map(Array.from(last?.tags ?? [], (tag) => [tag, 1])),
    ...popularityOf(history, weights, total),
    meanPrice: meanPrice(history),
  }
}

function popularityOf(history: readonly HistoryItem[], weights: Float64Array, total: number) {
  let sum = 0
  let recent = 0
  history.forEach((item, h) => {
    sum += item.popularity
    recent += item.popularity * weights[h]
  })
  const mean = history.length === 0 ? 0 : sum / history.length
  let squares = 0
  for (const item of history) squares += (item.popularity - mean) * (item.popularity - mean)
  return {
    meanPopularity: mean,
    recentPopularity: history.length === 0 ? 0 : recent / total,
    popularityDeviation: history.length === 0 ? 0 : Math.sqrt(squares / history.length),
  }
}

function meanPrice(history: readonly HistoryItem[]): number {
  let sum = 0
  let known = 0
  for (const { price } of history) {
    if (Number.isNaN(price)) continue
    sum += price
    known++
  }
  return known === 0 ? -1 : sum / known
}
