import { DAY_MS, ITEM_FLAG } from './columns.ts'
import { HOUR_COS, HOUR_SIN, WEEKDAY_COS, WEEKDAY_SIN } from './cyclic-time.ts'
import { type Column, column, cycle, known, normsOf } from './feature-math.ts'
import { FEATURE_COUNT, type FeatureInputs, type FeatureName, featureIndex } from './features.ts'
import { putMatches } from './fill-matches.ts'
import { putRanks, putScores, putSequence, putSimilarity, putVotes } from './fill-scores.ts'
import { ageInDays, type HistoryShape, shapeOf } from './history-shape.ts'
import { summariseTaste, type Taste } from './taste.ts'

const HOUR_MS = 3_600_000

/** Largest size of a feature; inputs that would give more, or no number at all (then 0), are broken but must not break a ranker. */
export const FEATURE_BOUND = 1e9

/** Writes one value per candidate. */
export type Put = (name: FeatureName, values: Column) => void

/** Writes a value that all candidates share. */
export type PutSame = (name: FeatureName, value: number) => void

/** What the groups of features are computed from. */
export type FeatureParts = {
  readonly inputs: FeatureInputs
  readonly taste: Taste
  readonly shape: HistoryShape
  /** Euclidean length of each candidate's vector. */
  readonly norms: Float64Array
}

/**
 * Computes the feature rows of one request: the same code in training and on the device, with fixed sums and no
 * transcendental functions, so that every engine gives the same bits.
 * @returns Row-major, count × FEATURE_COUNT, finite, within ±FEATURE_BOUND; a new array.
 */
export function fillFeatures(inputs: FeatureInputs): Float32Array {
  const rows = new Float32Array(inputs.count * FEATURE_COUNT)
  const put: Put = (name, values) => putColumn(rows, featureIndex(name), values)
  const same: PutSame = (name, value) => putSame(rows, featureIndex(name), value)
  const norms = normsOf(inputs.vectors, inputs.count, inputs.dim)
  const parts = { inputs, taste: summariseTaste(inputs), shape: shapeOf(inputs), norms }
  putUser(same, parts)
  putContext(same, inputs)
  putItem(put, parts)
  putScores(put, parts)
  putVotes(put, parts)
  putSimilarity(put, parts)
  putMatches(put, parts)
  putRanks(put, inputs)
  putSequence(put, parts)
  return rows
}

function putColumn(rows: Float32Array, at: number, values: Column): void {
  for (let i = 0, to = at; to < rows.length; i++, to += FEATURE_COUNT) rows[to] = bounded(values[i])
}

function putSame(rows: Float32Array, at: number, value: number): void {
  const kept = bounded(value)
  for (let to = at; to < rows.length; to += FEATURE_COUNT) rows[to] = kept
}

function bounded(value: number): number {
  if (value >= -FEATURE_BOUND && value <= FEATURE_BOUND) return value
  return value > 0 ? FEATURE_BOUND : value < 0 ? -FEATURE_BOUND : 0
}

function putUser(same: PutSame, { inputs, taste, shape }: FeatureParts): void {
  const last = inputs.history[0]?.at ?? Number.NaN
  const hours = inputs.timed && last <= inputs.context.now ? (inputs.context.now - last) / HOUR_MS : -1
  same('user.historyLength', inputs.history.length)
  same('user.distinctCategoryShare', taste.distinctCategoryShare)
  same('user.topCategoryShare', taste.topCategoryShare)
  same('user.meanPopularity', taste.meanPopularity)
  same('user.recentPopularity', taste.recentPopularity)
  same('user.popularityDeviation', taste.popularityDeviation)
  same('user.meanPrice', taste.meanPrice)
  same('user.hoursSinceLast', Math.min(hours, 10_000))
  same('user.topTagShare', shape.topTagShare)
  same('user.spread', shape.spread)
  same('user.norm', normsOf(inputs.userRecent, 1, inputs.dim)[0])
  same('user.priceDeviation', shape.priceDeviation)
  same('user.meanAge', shape.meanAge)
  same('user.daySpan', shape.daySpan)
  same('user.dayCount', shape.dayCount)
  same('user.sessionLength', shape.sessionLength)
}

function putContext(same: PutSame, { context, timed }: FeatureInputs): void {
  const isKnown = timed && context.tzOffsetMin !== null
  const local = context.now + (context.tzOffsetMin ?? 0) * 60_000
  const hour = cycle(Math.floor(local / HOUR_MS), 24)
  const weekday = cycle(Math.floor(local / DAY_MS) + 4, 7) // 1970-01-01 was a Thursday
  same('context.hourSin', isKnown ? HOUR_SIN[hour] : 0)
  same('context.hourCos', isKnown ? HOUR_COS[hour] : 0)
  same('context.weekdaySin', isKnown ? WEEKDAY_SIN[weekday] : 0)
  same('context.weekdayCos', isKnown ? WEEKDAY_COS[weekday] : 0)
  same('context.device', context.device)
  same('context.scene', context.scene)
  same('context.hasItem', context.item === null ? 0 : 1)
}

function putItem(put: Put, { inputs, norms }: FeatureParts): void {
  const { count, createdDay, price, flags, tagOffsets, context, popularity, history } = inputs
  put('item.popularity', popularity)
  put(
    'item.popularityEarly',
    column(count, (i) => popularity[i] / ((1 + history.length) * Math.sqrt(1 + history.length))),
  )
  put('item.trending', inputs.trending)
  put('item.clickRate', inputs.clickRate)
  put('item.conversionRate', inputs.conversionRate)
  put('item.quality', inputs.quality)
  put(
    'item.ageDays',
    column(count, (i) => ageInDays(createdDay[i], context.now)),
  )
  put(
    'item.price',
    column(count, (i) => known(price[i])),
  )
  put(
    'item.hasPrice',
    column(count, (i) => (Number.isNaN(price[i]) ? 0 : 1)),
  )
  put(
    'item.hasEvidence',
    column(count, (i) => ((flags[i] & ITEM_FLAG.hasEvidence) === 0 ? 0 : 1)),
  )
  put('item.norm', norms)
  put(
    'item.tagCount',
    column(count, (i) => tagOffsets[i + 1] - tagOffsets[i]),
  )
  put('item.voterTotal', inputs.voterTotal)
}
