import { DAY_MS, DAY_ZERO_MS, ITEM_FLAG, UNKNOWN_U16 } from './columns.ts'
import { HOUR_COS, HOUR_SIN, WEEKDAY_COS, WEEKDAY_SIN } from './cyclic-time.ts'
import { FEATURE_COUNT, type FeatureInputs, type FeatureName, featureIndex, NO_RANK } from './features.ts'
import { similarities } from './similarity.ts'
import { summariseTaste, type Taste } from './taste.ts'

const HOUR_MS = 3_600_000

/** Largest size of a feature; inputs that would give more, or no number at all (then 0), are broken but must not break a ranker. */
export const FEATURE_BOUND = 1e9

/**
 * Computes the feature rows of one request: the same code in training and on the device, with fixed sums and no
 * transcendental functions, so that every engine gives the same bits.
 * @returns Row-major, count × FEATURE_COUNT, finite, within ±FEATURE_BOUND; a new array.
 */
export function fillFeatures(inputs: FeatureInputs): Float32Array {
  const rows = new Float32Array(inputs.count * FEATURE_COUNT)
  const put: Put = (name, values) => putColumn(rows, featureIndex(name), values)
  const same: PutSame = (name, value) => putSame(rows, featureIndex(name), value)
  const taste = summariseTaste(inputs)
  const norms = normsOf(inputs.vectors, inputs.count, inputs.dim)
  putUser(same, inputs, taste)
  putContext(same, inputs)
  putItem(put, inputs, norms)
  putScores(put, inputs, norms)
  putSimilarity(put, inputs, norms)
  putMatches(put, inputs, taste)
  putRanks(put, inputs)
  return rows
}

type Column = Float64Array | Float32Array | Uint16Array | Uint8Array

/** Writes one value per candidate. */
type Put = (name: FeatureName, values: Column) => void

/** Writes a value that all candidates share. */
type PutSame = (name: FeatureName, value: number) => void

function putColumn(rows: Float32Array, column: number, values: Column): void {
  for (let i = 0, at = column; at < rows.length; i++, at += FEATURE_COUNT) rows[at] = bounded(values[i])
}

function putSame(rows: Float32Array, column: number, value: number): void {
  const kept = bounded(value)
  for (let at = column; at < rows.length; at += FEATURE_COUNT) rows[at] = kept
}

/** A column of computed values, in double precision as the arithmetic gives them. */
function column(count: number, value: (i: number) => number): Float64Array {
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = value(i)
  return values
}

function putUser(same: PutSame, inputs: FeatureInputs, taste: Taste): void {
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

function putItem(put: Put, inputs: FeatureInputs, norms: Float64Array): void {
  const { count, createdDay, price, flags, tagOffsets } = inputs
  const today = (inputs.context.now - DAY_ZERO_MS) / DAY_MS
  put('item.popularity', inputs.popularity)
  put('item.trending', inputs.trending)
  put('item.clickRate', inputs.clickRate)
  put('item.conversionRate', inputs.conversionRate)
  put('item.quality', inputs.quality)
  const age = (day: number): number =>
    day === UNKNOWN_U16 ? -1 : Math.max(0, Math.min(20_000, Math.floor(today - day)))
  put(
    'item.ageDays',
    column(count, (i) => age(createdDay[i])),
  )
  put(
    'item.price',
    column(count, (i) => known(price[i])),
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
}

function putScores(put: Put, inputs: FeatureInputs, norms: Float64Array): void {
  const { count, dim, vectors, dotRecent, voterRecent } = inputs
  const dotZ = standard(dotRecent)
  const dotUniformZ = standard(inputs.dotUniform)
  const votesZ = standard(voterRecent)
  const votesUniformZ = standard(inputs.voterUniform)
  const [userNorm] = normsOf(inputs.userRecent, 1, dim)
  const item = inputs.context.item
  put('dot.recent', dotRecent)
  put('dot.recentZ', dotZ)
  put('dot.recentShare', ratios(dotRecent, largest(dotRecent)))
  put(
    'dot.cosine',
    column(count, (i) => ratio(dotRecent[i], userNorm * norms[i])),
  )
  put('dot.uniform', inputs.dotUniform)
  put('dot.uniformZ', dotUniformZ)
  put(
    'dot.context',
    column(count, (i) => (item === null ? 0 : inner(vectors, i, item.vector))),
  )
  put('voters.recent', voterRecent)
  put('voters.recentZ', votesZ)
  put('voters.recentShare', ratios(voterRecent, largest(voterRecent)))
  put('voters.uniform', inputs.voterUniform)
  put('voters.uniformZ', votesUniformZ)
  put('voters.fast', inputs.voterFast)
  put('voters.fastZ', standard(inputs.voterFast))
  put('voters.max', inputs.voterMax)
  put('voters.count', inputs.voterCount)
  put('voters.last', inputs.voterLast)
  put('voters.context', inputs.voterContext)
  put('blend.recentZ', sums(dotZ, votesZ))
  put('blend.uniformZ', sums(dotUniformZ, votesUniformZ))
}

function putSimilarity(put: Put, inputs: FeatureInputs, norms: Float64Array): void {
  const near = similarities(inputs, norms)
  put('similarity.last', near.last)
  put('similarity.max', near.max)
  put('similarity.maxPosition', near.maxPosition)
  put('similarity.mean', near.mean)
  put('similarity.context', near.context)
}

function putMatches(put: Put, inputs: FeatureInputs, taste: Taste): void {
  const { count, category, popularity, price, context } = inputs
  const tagsOf = (i: number, shares: ReadonlyMap<number, number>): number => {
    let sum = 0
    for (let k = inputs.tagOffsets[i]; k < inputs.tagOffsets[i + 1]; k++) sum += shares.get(inputs.tags[k]) ?? 0
    return sum
  }
  const isOf = (i: number, wanted: number): number => (category[i] !== UNKNOWN_U16 && category[i] === wanted ? 1 : 0)
  const contextCategory = context.item?.category ?? -1
  put(
    'match.category',
    column(count, (i) => taste.categoryShare.get(category[i]) ?? 0),
  )
  put(
    'match.categoryLast',
    column(count, (i) => isOf(i, taste.lastCategory)),
  )
  put(
    'match.categoryCount',
    column(count, (i) => taste.categoryCount.get(category[i]) ?? 0),
  )
  put(
    'match.tags',
    column(count, (i) => tagsOf(i, taste.tagShare)),
  )
  put(
    'match.tagsLast',
    column(count, (i) => tagsOf(i, taste.lastTags)),
  )
  put(
    'match.categoryContext',
    column(count, (i) => isOf(i, contextCategory)),
  )
  put(
    'match.priceRatio',
    column(count, (i) => (taste.meanPrice > 0 ? known(price[i] / taste.meanPrice) : -1)),
  )
  put(
    'match.popularityGap',
    column(count, (i) => popularity[i] - taste.meanPopularity),
  )
}

function putRanks(put: Put, inputs: FeatureInputs): void {
  const { rankVector, rankVoters, rankPopular, rankTrending, rankFresh } = inputs
  const found = new Uint8Array(inputs.count)
  for (const ranks of [rankVector, rankVoters, rankPopular, rankTrending, rankFresh])
    for (let i = 0; i < found.length; i++) if (ranks[i] < NO_RANK) found[i]++
  put('rank.vector', rankVector)
  put('rank.voters', rankVoters)
  put('rank.popular', rankPopular)
  put('rank.trending', rankTrending)
  put('rank.fresh', rankFresh)
  put('rank.channels', found)
}

/** Standard score over the candidates; 0 where they do not differ. */
function standard(values: Float32Array): Float64Array {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]
  const mean = n === 0 ? 0 : sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean)
  const deviation = n === 0 ? 0 : Math.sqrt(squares / n)
  const scores = new Float64Array(n)
  if (deviation > 0) for (let i = 0; i < n; i++) scores[i] = (values[i] - mean) / deviation
  return scores
}

function largest(values: Float32Array): number {
  let top = 0
  for (let i = 0; i < values.length; i++) if (values[i] > top) top = values[i]
  return top
}

function ratios(values: Float32Array, by: number): Float64Array {
  const shares = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) shares[i] = ratio(values[i], by)
  return shares
}

function sums(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length)
  for (let i = 0; i < a.length; i++) both[i] = a[i] + b[i]
  return both
}

function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0
}

function known(value: number): number {
  return Number.isNaN(value) ? -1 : value
}

function bounded(value: number): number {
  if (value >= -FEATURE_BOUND && value <= FEATURE_BOUND) return value
  return value > 0 ? FEATURE_BOUND : value < 0 ? -FEATURE_BOUND : 0
}

/** The remainder that is never negative. */
function cycle(value: number, length: number): number {
  return ((value % length) + length) % length
}

/** Euclidean length of each row. */
function normsOf(rows: Float32Array, count: number, dim: number): Float64Array {
  const norms = new Float64Array(count)
  for (let i = 0, k = 0; i < count; i++) {
    let squares = 0
    for (const end = k + dim; k < end; k++) squares += rows[k] * rows[k]
    norms[i] = Math.sqrt(squares)
  }
  return norms
}

function inner(rows: Float32Array, row: number, vector: Float32Array): number {
  let sum = 0
  for (let d = 0, k = row * vector.length; d < vector.length; d++, k++) sum += rows[k] * vector[d]
  return sum
}
