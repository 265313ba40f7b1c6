import { createNormal, createRandom, type Random, randomOf } from '../train/random.ts'
import type { DemoItem } from './catalogue.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Names of the generated events; `DemoLog.event` indexes it. */
export const DEMO_EVENTS = ['view', 'click', 'cart', 'purchase'] as const

/** Chances per hour of day (UTC) that a visit starts; evenings are busiest. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 9, 8, 7, 7, 8, 9, 11, 13, 14, 13, 9, 5]

export type DemoLogOptions = {
  readonly seed: number
  readonly users: number
  readonly interactions: number
  readonly endAtMs: number
  readonly days: number
}

/** A generated log in time order. All arrays have one entry per event. */
export type DemoLog = {
  readonly user: Int32Array
  readonly item: Int32Array
  /** Index into DEMO_EVENTS. */
  readonly event: Uint8Array
  /** Whole seconds since the epoch. */
  readonly atSeconds: Float64Array
}

/**
 * Simulates shoppers: each has a few niches they like, a visit has an intent and several events, people go on with a series, follow what is hot this
 * week, and drift. Item choice within a niche is skewed by appeal; nothing is seen before it exists. Exactly `interactions` events.
 */
export function simulateShoppers(items: readonly DemoItem[], options: DemoLogOptions): DemoLog {
  const shop = createShop(items, options)
  const rows = {
    user: new Int32Array(options.interactions),
    item: new Int32Array(options.interactions),
    event: new Uint8Array(options.interactions),
    atSeconds: new Float64Array(options.interactions),
  }
  const counts = drawActivity(options)
  let start = 0
  for (let user = 0; user < options.users; user++) {
    const count = counts[user] ?? 0
    simulateUser(user, { shop, rows, start, count, options })
    start += count
  }
  return sortByTime(rows, options)
}

type Shop = {
  readonly items: readonly DemoItem[]
  readonly niches: readonly Sampler[]
  readonly all: Sampler
  /** What is hot in each week. */
  readonly hot: readonly Int32Array[]
  /** Next volume of the same series, -1 for none. */
  readonly sequel: Int32Array
  readonly nichePopularity: Sampler
}

/** Draws indices in proportion to weights by binary search in their running sum. */
type Sampler = { readonly ids: Int32Array; readonly cumulative: Float64Array }

function createSampler(ids: readonly number[], weightOf: (id: number) => number): Sampler {
  const cumulative = new Float64Array(ids.length)
  let sum = 0
  for (const [k, id] of ids.entries()) {
    sum += weightOf(id)
    cumulative[k] = sum
  }
  return { ids: Int32Array.from(ids), cumulative }
}

function draw(sampler: Sampler, random: Random): number {
  const { ids, cumulative } = sampler
  const wanted = random() * (cumulative[cumulative.length - 1] ?? 0)
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 0) <= wanted) low = middle + 1
    else high = middle
  }
  return ids[low] ?? 0
}

function createShop(items: readonly DemoItem[], options: DemoLogOptions): Shop {
  const random = createRandom(options.seed + 1)
  const byNiche: number[][] = []
  for (const [index, item] of items.entries()) {
    byNiche[item.niche] ??= []
    byNiche[item.niche]?.push(index)
  }
  const present = Array.from(byNiche, (ids, niche) => ({ niche, ids: ids ?? [] }))
  const niches = present.map(({ ids }) => createSampler(ids, (id) => items[id]?.appeal ?? 0))
  const filled = present.filter(({ ids }) => ids.length > 0).map(({ niche }) => niche)
  const nicheAppeal = new Map(filled.map((niche) => [niche, 0.2 + random() ** 3 * 3]))
  const all = createSampler(
    Array.from(items, (_, index) => index),
    (id) => items[id]?.appeal ?? 0,
  )
  const hot = Array.from({ length: Math.ceil(options.days / 7) + 1 }, () =>
    Int32Array.from({ length: 25 }, () => draw(all, random)),
  )
  return {
    items,
    niches,
    all,
    hot,
    sequel: linkSequels(items),
    nichePopularity: createSampler(filled, (niche) => nicheAppeal.get(niche) ?? 0),
  }
}

function linkSequels(items: readonly DemoItem[]): Int32Array {
  const sequel = new Int32Array(items.length).fill(-1)
  for (let index = 1; index < items.length; index++) {
    const item = items[index]
    if (item !== undefined && item.volume > 1 && items[index - 1]?.series === item.series) sequel[index - 1] = index
  }
  return sequel
}

/** Events per user: log-normal, at least one, summing to the wanted number. */
function drawActivity(options: DemoLogOptions): Int32Array {
  const normal = createNormal(createRandom(options.seed + 2))
  const raw = Float64Array.from({ length: options.users }, () => Math.exp(normal() * 0.9))
  const total = raw.reduce((sum, value) => sum + value, 0)
  const counts = Int32Array.from(raw, (value) => Math.max(1, Math.floor((value / total) * options.interactions)))
  let rest = options.interactions - counts.reduce((sum, count) => sum + count, 0)
  for (let user = 0; rest !== 0; user = (user + 1) % options.users) {
    const count = counts[user] ?? 0
    const step = rest > 0 ? 1 : count > 1 || options.interactions < options.users ? -Math.min(1, count) : 0
    counts[user] = count + step
    rest -= step
  }
  return counts
}

type UserRun = {
  readonly shop: Shop
  readonly rows: { user: Int32Array; item: Int32Array; event: Uint8Array; atSeconds: Float64Array }
  readonly start: number
  readonly count: number
  readonly options: DemoLogOptions
}

function simulateUser(user: number, run: UserRun): void {
  const { shop, rows, options } = run
  const random = randomOf(options.seed, user)
  const tastes = Array.from({ length: 2 + Math.floor(random() * 4) }, () => draw(shop.nichePopularity, random))
  const visits = drawVisits(run.count, random, options)
  const end = run.start + run.count
  let at = run.start
  let last = -1
  for (const [k, visitAt] of visits.entries()) {
    // Tastes drift: now and then one of them gives way to another.
    if (random() < 0.04) tastes[Math.floor(random() * tastes.length)] = draw(shop.nichePopularity, random)
    const length = k === visits.length - 1 ? end - at : Math.min(end - at, 1 + Math.floor(random() * 9))
    const niche = tastes[Math.floor(random() ** 1.7 * tastes.length)] ?? 0
    let clock = visitAt
    for (const visitEnd = at + length; at < visitEnd; ) {
      const item = chooseItem(shop, { niche, last, atMs: clock, options, random })
      last = item
      for (const event of drawFunnel(random)) {
        if (at >= visitEnd) break
        rows.user[at] = user
        rows.item[at] = item
        rows.event[at] = event
        rows.atSeconds[at] = Math.floor(Math.min(clock, options.endAtMs) / 1000)
        clock += (5 + random() * random() * 240) * 1000
        at++
      }
    }
  }
}

/** Starts of a user's visits, ascending: about five events each, growing a little more frequent, at busy hours. */
function drawVisits(events: number, random: Random, options: DemoLogOptions): Float64Array {
  const count = Math.max(1, Math.ceil(events / 5))
  const lastMidnight = Math.floor(options.endAtMs / DAY_MS) * DAY_MS
  const arrival = random() ** 1.5 * 0.8
  const starts = Float64Array.from({ length: count }, () => {
    const day = Math.floor((arrival + (1 - arrival) * random() ** 0.9) * options.days)
    const at = lastMidnight - (options.days - 1 - day) * DAY_MS + drawHour(random) * HOUR_MS + random() * HOUR_MS
    return at > options.endAtMs - HOUR_MS ? at - DAY_MS : at
  })
  return starts.sort()
}

function drawHour(random: Random): number {
  let left = random() * 160
  for (const [hour, weight] of HOURS.entries()) {
    left -= weight
    if (left < 0) return hour
  }
  return 20
}

type Choice = {
  readonly niche: number
  readonly last: number
  readonly atMs: number
  readonly options: DemoLogOptions
  readonly random: Random
}

function chooseItem(shop: Shop, choice: Choice): number {
  const { random, atMs, options } = choice
  const sequel = choice.last < 0 ? -1 : (shop.sequel[choice.last] ?? -1)
  if (sequel >= 0 && random() < 0.6 && (shop.items[sequel]?.createdAt ?? 0) <= atMs) return sequel
  const week = Math.max(0, Math.floor((options.days - (options.endAtMs - atMs) / DAY_MS) / 7))
  for (let attempt = 0; attempt < 20; attempt++) {
    const kind = random()
    const hot = shop.hot[week % shop.hot.length] ?? new Int32Array(1)
    const sampler = shop.niches[choice.niche]
    const item =
      kind < 0.06
        ? (hot[Math.floor(random() * hot.length)] ?? 0)
        : kind < 0.16 || sampler === undefined
          ? draw(shop.all, random)
          : draw(sampler, random)
    if ((shop.items[item]?.createdAt ?? 0) <= atMs) return item
  }
  return oldest(shop, choice)
}

/** An item that exists already, for the rare visit that found none. */
function oldest(shop: Shop, choice: Choice): number {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const item = draw(shop.all, choice.random)
    if ((shop.items[item]?.createdAt ?? 0) <= choice.atMs) return item
  }
  return 0
}

/** A view, then perhaps a click, a cart and a purchase. */
function drawFunnel(random: Random): number[] {
  if (random() > 0.45) return [0]
  if (random() > 0.28) return [0, 1]
  return random() > 0.55 ? [0, 1, 2] : [0, 1, 2, 3]
}

function sortByTime(rows: DemoLog, options: DemoLogOptions): DemoLog {
  // Seconds of the log and row number packed in one double: 10^7 * 2^24 < 2^53.
  const first = options.endAtMs / 1000 - (options.days + 1) * 86_400
  const packed = Float64Array.from(rows.atSeconds, (at, row) => (at - first) * 2 ** 24 + row).sort()
  const order = Int32Array.from(packed, (value) => value % 2 ** 24)
  return {
    user: order.map((row) => rows.user[row] ?? 0),
    item: order.map((row) => rows.item[row] ?? 0),
    event: Uint8Array.from(order, (row) => rows.event[row] ?? 0),
    atSeconds: Float64Array.from(order, (row) => rows.atSeconds[row] ?? 0),
  }
}
