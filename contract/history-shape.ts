import { DAY_MS, DAY_ZERO_MS, UNKNOWN_U16 } from './columns.ts'
import { type FeatureInputs, type HistoryItem, SESSION_GAP_MS } from './features.ts'

const HOUR_MS = 3_600_000

/** Longest age and span that features tell apart, in days. */
const MOST_DAYS = 20_000

/** How wide and how lively a history is, apart from any candidate. -1 stands for unknown. */
export type HistoryShape = {
  readonly topTagShare: number
  /** 1 - mean cosine of two different items of the history: 0 always alike. */
  readonly spread: number
  readonly priceDeviation: number
  readonly lastPrice: number
  /** Mean age of the items in days. */
  readonly meanAge: number
  readonly lastAge: number
  /** Days between the oldest and the latest event. */
  readonly daySpan: number
  /** Days of the calendar (UTC) with an event. */
  readonly dayCount: number
  /** Latest items without a pause of half an hour between them, counted up to the present. */
  readonly sessionLength: number
  /** Position of the latest item of each category. */
  readonly categoryPosition: ReadonlyMap<number, number>
  /** Items of each category among the latest three. */
  readonly categoryLast3: ReadonlyMap<number, number>
  /** Hours since each category was last seen. */
  readonly categoryHours: ReadonlyMap<number, number>
}

/** Age of an item in days at a moment: 0 on its first day, -1 where its day is unknown, -2 and less where it comes out only later (-2: tomorrow). */
export function ageInDays(createdDay: number, now: number): number {
  if (createdDay === UNKNOWN_U16) return -1
  const age = Math.min(MOST_DAYS, Math.floor((now - DAY_ZERO_MS) / DAY_MS - createdDay))
  return age >= 0 ? age : age - 1
}

/** Summarises what order and time say of a history; what they do not say (no order, no times) is unknown. */
export function shapeOf(inputs: FeatureInputs): HistoryShape {
  const { history, ordered, timed, context } = inputs
  const ages = history.map(({ createdDay }) => ageInDays(createdDay, context.now)).filter((age) => age >= 0)
  return {
    topTagShare: topTagShare(history),
    spread: spreadOf(history),
    priceDeviation: deviation(history.map(({ price }) => price).filter((price) => !Number.isNaN(price))),
    lastPrice: ordered ? known(history[0]?.price ?? Number.NaN) : -1,
    meanAge: mean(ages),
    lastAge: ordered && history[0] !== undefined ? ageInDays(history[0].createdDay, context.now) : -1,
    ...timesOf(history, timed),
    sessionLength: sessionLength(history, timed ? context.now : Number.NaN),
    ...categoriesOf(inputs),
  }
}

/** Latest items of a history that belong to the running session: each within SESSION_GAP_MS of the one after it, the latest of now. */
export function sessionLength(history: readonly HistoryItem[], now: number): number {
  let next = now
  let length = 0
  for (const { at } of history) {
    if (!(next - at <= SESSION_GAP_MS)) break
    next = at
    length++
  }
  return length
}

function topTagShare(history: readonly HistoryItem[]): number {
  const counts = new Map<number, number>()
  let top = 0
  for (const { tags } of history)
    for (const tag of tags) {
      const count = (counts.get(tag) ?? 0) + 1
      counts.set(tag, count)
      if (count > top) top = count
    }
  return history.length === 0 ? 0 : top / history.length
}

function spreadOf(history: readonly HistoryItem[]): number {
  const width = history[0]?.vector.length ?? 0
  const sum = new Float64Array(width)
  let count = 0
  for (const { vector } of history) {
    let squares = 0
    for (let d = 0; d < width; d++) squares += vector[d] * vector[d]
    if (squares === 0) continue
    const inverse = 1 / Math.sqrt(squares)
    for (let d = 0; d < width; d++) sum[d] += vector[d] * inverse
    count++
  }
  if (count < 2) return 0
  let squares = 0
  for (let d = 0; d < width; d++) squares += sum[d] * sum[d]
  return 1 - (squares - count) / (count * (count - 1))
}

function timesOf(history: readonly HistoryItem[], timed: boolean): { daySpan: number; dayCount: number } {
  const times = timed ? history.map(({ at }) => at).filter((at) => !Number.isNaN(at)) : []
  if (times.length === 0) return { daySpan: -1, dayCount: -1 }
  let first = times[0]
  let last = times[0]
  const days = new Set<number>()
  for (const at of times) {
    if (at < first) first = at
    if (at > last) last = at
    days.add(Math.floor(at / DAY_MS))
  }
  return { daySpan: Math.min(MOST_DAYS, (last - first) / DAY_MS), dayCount: days.size }
}

function categoriesOf({ history, ordered, timed, context }: FeatureInputs) {
  const categoryPosition = new Map<number, number>()
  const categoryLast3 = new Map<number, number>()
  const categoryHours = new Map<number, number>()
  if (!ordered) return { categoryPosition, categoryLast3, categoryHours }
  history.forEach(({ category, at }, h) => {
    if (category === UNKNOWN_U16) return
    if (h < 3) categoryLast3.set(category, (categoryLast3.get(category) ?? 0) + 1)
    if (categoryPosition.has(category)) return
    categoryPosition.set(category, h)
    if (timed && at <= context.now) categoryHours.set(category, Math.min((context.now - at) / HOUR_MS, 10_000))
  })
  return { categoryPosition, categoryLast3, categoryHours }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  if (values.length === 0) return -1
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) * (value - middle), 0) / values.length)
}

function known(value: number): number {
  return Number.isNaN(value) ? -1 : value
}
