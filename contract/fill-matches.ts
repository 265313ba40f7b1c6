import { UNKNOWN_U16 } from './columns.ts'
import { column, known, ratio } from './feature-math.ts'
import { NO_RANK } from './features.ts'
import type { FeatureParts, Put } from './fill-features.ts'
import { ageInDays } from './history-shape.ts'
import { tagOverlaps } from './tag-overlap.ts'

/** Attributes that candidates share with the history: category, tags, price, age, popularity. */
export function putMatches(put: Put, parts: FeatureParts): void {
  putCategories(put, parts)
  putTags(put, parts)
  putPrices(put, parts)
  putAges(put, parts)
  const { count, popularity } = parts.inputs
  put(
    'match.popularityGap',
    column(count, (i) => popularity[i] - parts.taste.meanPopularity),
  )
  put(
    'match.popularityRecentGap',
    column(count, (i) => popularity[i] - parts.taste.recentPopularity),
  )
}

function putCategories(put: Put, { inputs, taste, shape }: FeatureParts): void {
  const { count, category, context } = inputs
  const isOf = (i: number, wanted: number): number => (category[i] !== UNKNOWN_U16 && category[i] === wanted ? 1 : 0)
  const from = (values: ReadonlyMap<number, number>, otherwise: number) =>
    column(count, (i) => values.get(category[i]) ?? otherwise)
  const contextCategory = context.item?.category ?? -1
  put('match.category', from(taste.categoryShare, 0))
  put('match.categoryCount', from(taste.categoryCount, 0))
  put(
    'match.categoryLast',
    column(count, (i) => isOf(i, taste.lastCategory)),
  )
  put(
    'match.categoryContext',
    column(count, (i) => isOf(i, contextCategory)),
  )
  put('match.categoryPosition', from(shape.categoryPosition, NO_RANK))
  put('match.categoryLast3', from(shape.categoryLast3, 0))
  put('match.categoryHours', from(shape.categoryHours, -1))
}

function putTags(put: Put, { inputs, taste }: FeatureParts): void {
  const { count, tags, tagOffsets } = inputs
  const sumOf = (shares: ReadonlyMap<number, number>) =>
    column(count, (i) => {
      let sum = 0
      for (let k = tagOffsets[i]; k < tagOffsets[i + 1]; k++) sum += shares.get(tags[k]) ?? 0
      return sum
    })
  const shared = sumOf(taste.tagShare)
  const overlaps = tagOverlaps(inputs)
  put('match.tags', shared)
  put('match.tagsLast', sumOf(taste.lastTags))
  put(
    'match.tagsPerTag',
    column(count, (i) => ratio(shared[i], tagOffsets[i + 1] - tagOffsets[i])),
  )
  put('tags.max', overlaps.max)
  put('tags.last', overlaps.last)
  put('tags.context', overlaps.context)
  put('tags.mean', overlaps.mean)
}

function putPrices(put: Put, { inputs: { count, price }, taste, shape }: FeatureParts): void {
  const over = (by: number) => column(count, (i) => (by > 0 ? known(price[i] / by) : -1))
  put('match.priceRatio', over(taste.meanPrice))
  put('match.priceLastRatio', over(shape.lastPrice))
  const gap = (i: number) =>
    Number.isNaN(price[i]) || taste.meanPrice < 0 ? 0 : ratio(price[i] - taste.meanPrice, shape.priceDeviation)
  put('match.priceGap', column(count, gap))
}

function putAges(put: Put, { inputs: { count, createdDay, context }, shape }: FeatureParts): void {
  const gapTo = (age: number) =>
    column(count, (i) => {
      const own = ageInDays(createdDay[i], context.now)
      return own < 0 || age < 0 ? 0 : own - age
    })
  put('match.ageGap', gapTo(shape.meanAge))
  put('match.ageLastGap', gapTo(shape.lastAge))
}
