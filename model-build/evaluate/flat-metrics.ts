import type { MetricsAt, MetricsTable } from './metrics-table.ts'

/** Metrics by the names that papers use: `recall@10`, `ndcg@20`, …, beside `users`, `mrr` and `auc`. */
export type FlatMetrics = Readonly<Record<string, number>>

const NAMES = {
  recall: 'recall',
  hitRate: 'hit-rate',
  ndcg: 'ndcg',
  map: 'map',
  coverage: 'coverage',
  novelty: 'novelty',
  diversity: 'diversity',
  gini: 'gini',
  popularityLift: 'popularity-lift',
} as const satisfies Record<keyof MetricsAt, string>

/** Names of the metrics that have a list length, in the order they are shown. */
export const METRIC_NAMES: readonly string[] = Object.values(NAMES)

/** A table under flat names; metrics that could not be measured are left out. */
export function flatten(table: MetricsTable): FlatMetrics {
  const flat: Record<string, number> = { users: table.users, mrr: table.mrr, auc: table.auc }
  for (const [k, at] of table.at)
    for (const [key, name] of Object.entries(NAMES)) flat[`${name}@${k}`] = at[key as keyof MetricsAt] // keys of NAMES
  return Object.fromEntries(Object.entries(flat).filter(([, value]) => !Number.isNaN(value)))
}
