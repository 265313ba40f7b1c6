import type { Dataset } from '../dataset.ts'
import { ndcgAt, recallAt } from './metrics.ts'

/** Users of one kind. */
export type UserGroup = {
  readonly name: string
  readonly users: number
  /** Means over the group's users; null for an empty group. */
  readonly ndcg: number | null
  readonly recall: number | null
}

/** Items of one kind: how well they are found, and whether they are shown as often as people take them. */
export type ItemGroup = {
  readonly name: string
  readonly items: number
  /** Share of the group's test rows that lists found; null without test rows. */
  readonly recall: number | null
  /** Share of all shown places. */
  readonly exposure: number
  /** Share of all test rows. */
  readonly taken: number
  /** Exposure over taken: 1 is fair, less is shown too rarely; null where nobody took any. */
  readonly fairness: number | null
}

/** One user's list and test items. */
export type Listed = {
  readonly list: ArrayLike<number>
  readonly truth: ReadonlySet<number>
  readonly known: ArrayLike<number>
}

const ACTIVITY = ['fewest', 'middle', 'most'] as const

/** Users by the length of what is known of them, in thirds. */
export function byActivity(listed: readonly Listed[], k: number): UserGroup[] {
  const order = Array.from(listed.keys()).sort((a, b) => listed[a].known.length - listed[b].known.length || a - b)
  return ACTIVITY.map((name, third) => {
    const part = order.slice(Math.floor((third * order.length) / 3), Math.floor(((third + 1) * order.length) / 3))
    const range =
      part.length === 0 ? '' : ` (${listed[part[0]].known.length}–${listed[part[part.length - 1]].known.length})`
    const mean = (of: (entry: Listed) => number) =>
      part.length === 0 ? null : part.reduce((sum, user) => sum + of(listed[user]), 0) / part.length
    return {
      name: `${name} rows${range}`,
      users: part.length,
      ndcg: mean(({ list, truth }) => ndcgAt(list, truth, k)),
      recall: mean(({ list, truth }) => recallAt(list, truth, k)),
    }
  })
}

/** Groups of items: one label per item of the dataset, null for items that belong to none. */
export type ItemLabels = readonly (string | null)[]

/** Items by label: recall within each group, exposure against what people took. Groups in the order of `names`. */
export function byItems(
  listed: readonly Listed[],
  labels: ItemLabels,
  names: readonly string[],
  k: number,
): ItemGroup[] {
  const counts = new Map(names.map((name) => [name, { items: 0, shown: 0, taken: 0, found: 0 }]))
  const of = (item: number) => counts.get(labels[item] ?? '')
  for (const label of labels) {
    const group = counts.get(label ?? '')
    if (group !== undefined) group.items++
  }
  let shown = 0
  let taken = 0
  for (const { list, truth } of listed) {
    const top = new Set(Array.from(list).slice(0, k))
    for (const item of top) {
      shown++
      const group = of(item)
      if (group !== undefined) group.shown++
    }
    for (const item of truth) {
      taken++
      const group = of(item)
      if (group === undefined) continue
      group.taken++
      if (top.has(item)) group.found++
    }
  }
  return names.map((name) => {
    const group = counts.get(name) ?? { items: 0, shown: 0, taken: 0, found: 0 }
    const [exposure, share] = [group.shown / Math.max(1, shown), group.taken / Math.max(1, taken)]
    return {
      name,
      items: group.items,
      recall: group.taken === 0 ? null : group.found / group.taken,
      exposure,
      taken: share,
      fairness: share === 0 ? null : exposure / share,
    }
  })
}

const MOST_CATEGORIES = 10
const OTHERS = 'all others'

/** The ten categories that people took most, and the rest; none where the catalogue has no categories. */
export function categoryLabels({ items }: Dataset, listed: readonly Listed[]): { labels: ItemLabels; names: string[] } {
  const counts = new Map<string, number>()
  for (const { truth } of listed) {
    for (const item of truth) {
      const category = items[item]?.category ?? ''
      if (category !== '') counts.set(category, (counts.get(category) ?? 0) + 1)
    }
  }
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_CATEGORIES)
  if (top.length === 0) return { labels: [], names: [] }
  const names = top.map(([name]) => name)
  const isTop = new Set(names)
  return { labels: items.map(({ category }) => (isTop.has(category) ? category : OTHERS)), names: [...names, OTHERS] }
}

const AGES = [
  { name: 'under 30 days', days: 30 },
  { name: '30–180 days', days: 180 },
  { name: '180–730 days', days: 730 },
  { name: 'older', days: Number.POSITIVE_INFINITY },
] as const

/** Items by age at the newest row: creation date, else first row. None in logs without real times. */
export function ageLabels({ items, interactions: log }: Dataset): { labels: ItemLabels; names: string[] } {
  if (log.order !== 'time') return { labels: [], names: [] }
  const first = new Float64Array(items.length).fill(Number.NaN)
  let newest = Number.NEGATIVE_INFINITY
  for (let row = 0; row < log.item.length; row++) {
    const at = log.at[row]
    if (at > newest) newest = at
    if (!(first[log.item[row]] <= at)) first[log.item[row]] = at
  }
  const labels = items.map(({ createdAt }, item) => {
    const born = Number.isNaN(createdAt) ? first[item] : createdAt
    const age = (newest - born) / 86_400_000
    return AGES.find(({ days }) => age < days)?.name ?? null
  })
  return { labels, names: AGES.map(({ name }) => name) }
}

const PARTS = ['head: first third of rows', 'middle third', 'tail: last third'] as const

/** Items by popularity: those with most rows that share a third of all rows, the next third, the rest. */
export function popularityLabels(support: Float64Array, order: Int32Array): { labels: ItemLabels; names: string[] } {
  const total = support.reduce((sum, rows) => sum + rows, 0)
  const labels: string[] = new Array(support.length)
  let before = 0
  for (const item of order) {
    labels[item] = PARTS[Math.min(2, Math.floor((3 * before) / Math.max(1, total)))]
    before += support[item]
  }
  return { labels, names: [...PARTS] }
}
