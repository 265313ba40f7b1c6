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
  const put = (name: FeatureName, value: (i: number) => number): void => {
    for (let i = 0, at = featureIndex(name); i < inputs.count; i++, at += FEATURE_COUNT) rows[at] = bounded(value(i))
  }
  const taste = summariseTaste(inputs)
  putUser(put, inputs, taste)
  putContext(put, inputs)
  putItem(put, inputs)
  putScores(put, inputs)
  putSimilarity(put, inputs)
  putMatches(put, inputs, taste)
  putRanks(put, inputs)
  return rows
}

type Put = (name: FeatureName, value: (i: number) => number) => void

function putUser(put: Put, inputs: FeatureInputs, taste: Taste): void {
  const last = inputs.history[0]?.at ?? Number.NaN
  const hours = inputs.timed && last <= inputs.context.now ? (inputs.context.now - last) / HOUR_MS : -1
  put('user.historyLength', () => inputs.history.length)
  put('user.distinctCategoryShare', () => taste.distinctCategoryShare)
  put('user.topCategoryShare', () => taste.topCategoryShare)
  put('user.meanPopularity', () => taste.meanPopularity)
  put('user.recentPopularity', () => taste.recentPopularity)
  put('user.popularityDeviation', () => taste.popularityDeviation)
  put('user.meanPrice', () => taste.meanPrice)
  put('user.hoursSinceLast', () => Math.min(hours, 10_000))
}

function putContext(put: Put, { context, timed }: FeatureInputs): void {
  const known = timed && context.tzOffsetMin !== null
  const local = context.now + (context.tzOffsetMin ?? 0) * 60_000
  const hour = cycle(Math.floor(local / HOUR_MS), 24)
  const weekday = cycle(Math.floor(local / DAY_MS) + 4, 7) // 1970-01-01 was a Thursday
  put('context.hourSin', () => (known ? HOUR_SIN[hour] : 0))
  put('context.hourCos', () => (known ? HOUR_COS[hour] : 0))
  put('context.weekdaySin', () => (known ? WEEKDAY_SIN[weekday] : 0))
  put('context.weekdayCos', () => (known ? WEEKDAY_COS[weekday] : 0))
  put('context.device', () => context.device)
  put('context.scene', () => context.scene)
  put('context.hasItem', () => (context.item === null ? 0 : 1))
}

function putItem(put: Put, inputs: FeatureInputs): void {
  const today = (inputs.context.now - DAY_ZERO_MS) / DAY_MS
  put('item.popularity', (i) => inputs.popularity[i])
  put('item.trending', (i) => inputs.trending[i])
  put('item.clickRate', (i) => inputs.clickRate[i])
  put('item.conversionRate', (i) => inputs.conversionRate[i])
  put('item.quality', (i) => inputs.quality[i])
  put('item.ageDays', (i) =>
    inputs.createdDay[i] === UNKNOWN_U16 ? -1 : Math.max(0, Math.min(20_000, Math.floor(today - inputs.createdDay[i]))),
  )
  put('item.price', (i) => known(inputs.price[i]))
  put('item.hasEvidence', (i) => ((inputs.flags[i] & ITEM_FLAG.hasEvidence) === 0 ? 0 : 1))
  put('item.norm', (i) => norm(inputs.vectors, i, inputs.dim))
  put('item.tagCount', (i) => inputs.tagOffsets[i + 1] - inputs.tagOffsets[i])
}

function putScores(put: Put, inputs: FeatureInputs): void {
  const { dotRecent, dotUniform, voterRecent, voterUniform, voterFast } = inputs
  const z = {
    dot: standard(dotRecent),
    dotUniform: standard(dotUniform),
    votes: standard(voterRecent),
    votesUniform: standard(voterUniform),
    fast: standard(voterFast),
  }
  const topDot = largest(dotRecent)
  const topVotes = largest(voterRecent)
  const userNorm = norm(inputs.userRecent, 0, inputs.dim)
  put('dot.recent', (i) => dotRecent[i])
  put('dot.recentZ', z.dot)
  put('dot.recentShare', (i) => ratio(dotRecent[i], topDot))
  put('dot.cosine', (i) => ratio(dotRecent[i], userNorm * norm(inputs.vectors, i, inputs.dim)))
  put('dot.uniform', (i) => dotUniform[i])
  put('dot.uniformZ', z.dotUniform)
  put('dot.context', (i) => (inputs.context.item === null ? 0 : inner(inputs.vectors, i, inputs.context.item.vector)))
  put('voters.recent', (i) => voterRecent[i])
  put('voters.recentZ', z.votes)
  put('voters.recentShare', (i) => ratio(voterRecent[i], topVotes))
  put('voters.uniform', (i) => voterUniform[i])
  put('voters.uniformZ', z.votesUniform)
  put('voters.fast', (i) => voterFast[i])
  put('voters.fastZ', z.fast)
  put('voters.max', (i) => inputs.voterMax[i])
  put('voters.count', (i) => inputs.voterCount[i])
  put('voters.last', (i) => inputs.voterLast[i])
  put('voters.context', (i) => inputs.voterContext[i])
  put('blend.recentZ', (i) => z.dot(i) + z.votes(i))
  put('blend.uniformZ', (i) => z.dotUniform(i) + z.votesUniform(i))
}

function putSimilarity(put: Put, inputs: FeatureInputs): void {
  const near = similarities(inputs)
  put('similarity.last', (i) => near.last[i])
  put('similarity.max', (i) => near.max[i])
  put('similarity.maxPosition', (i) => near.maxPosition[i])
  put('similarity.mean', (i) => near.mean[i])
  put('similarity.context', (i) => near.context[i])
}

function putMatches(put: Put, inputs: FeatureInputs, taste: Taste): void {
  const { category, popularity, price, context } = inputs
  const tagsOf = (i: number, shares: ReadonlyMap<number, number>): number => {
    let sum = 0
    for (let k = inputs.tagOffsets[i]; k < inputs.tagOffsets[i + 1]; k++) sum += shares.get(inputs.tags[k]) ?? 0
    return sum
  }
  put('match.category', (i) => taste.categoryShare.get(category[i]) ?? 0)
  put('match.categoryLast', (i) => (category[i] !== UNKNOWN_U16 && category[i] === taste.lastCategory ? 1 : 0))
  put('match.categoryCount', (i) => taste.categoryCount.get(category[i]) ?? 0)
  put('match.tags', (i) => tagsOf(i, taste.tagShare))
  put('match.tagsLast', (i) => tagsOf(i, taste.lastTags))
  put('match.categoryContext', (i) =>
    context.item !== null && category[i] !== UNKNOWN_U16 && category[i] === context.item.category ? 1 : 0,
  )
  put('match.priceRatio', (i) => (taste.meanPrice > 0 ? known(price[i] / taste.meanPrice) : -1))
  put('match.popularityGap', (i) => popularity[i] - taste.meanPopularity)
}

function putRanks(put: Put, inputs: FeatureInputs): void {
  const channels = [inputs.rankVector, inputs.rankVoters, inputs.rankPopular, inputs.rankTrending, inputs.rankFresh]
  put('rank.vector', (i) => inputs.rankVector[i])
  put('rank.voters', (i) => inputs.rankVoters[i])
  put('rank.popular', (i) => inputs.rankPopular[i])
  put('rank.trending', (i) => inputs.rankTrending[i])
  put('rank.fresh', (i) => inputs.rankFresh[i])
  put('rank.channels', (i) => channels.reduce((found, ranks) => found + (ranks[i] < NO_RANK ? 1 : 0), 0))
}

/** Standard score over the candidates; 0 where they do not differ. */
function standard(values: Float32Array): (i: number) => number {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]
  const mean = n === 0 ? 0 : sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean)
  const deviation = n === 0 ? 0 : Math.sqrt(squares / n)
  return (i) => (deviation > 0 ? (values[i] - mean) / deviation : 0)
}

function largest(values: Float32Array): number {
  let top = 0
  for (let i = 0; i < values.length; i++) if (values[i] > top) top = values[i]
  return top
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

function norm(rows: Float32Array, row: number, dim: number): number {
  let squares = 0
  for (let k = row * dim; k < (row + 1) * dim; k++) squares += rows[k] * rows[k]
  return Math.sqrt(squares)
}

function inner(rows: Float32Array, row: number, vector: Float32Array): number {
  let sum = 0
  for (let d = 0, k = row * vector.length; d < vector.length; d++, k++) sum += rows[k] * vector[d]
  return sum
}
