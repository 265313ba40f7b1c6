import { bootstrapInterval } from './bootstrap.ts'
import { cosineOf, type Desk } from './desk.ts'
import { flatten } from './flat-metrics.ts'
import type { MethodResult } from './judgement.ts'
import { MetricsCollector } from './metrics-table.ts'

/** Metrics of one list per asked user, with intervals; `ndcg` is per user, at `k`. */
export function measureLists(
  desk: Pick<Desk, 'asked' | 'known' | 'cutoffs' | 'dataset' | 'support' | 'k' | 'seed'> & {
    readonly models: Pick<Desk['models'], 'vectors' | 'dim'>
  },
  lists: readonly ArrayLike<number>[],
): { readonly result: MethodResult; readonly ndcg: Float64Array } {
  const { asked, known, cutoffs, support, k, seed } = desk
  const itemCount = desk.dataset.items.length
  const similarity = cosineOf(desk.models)
  const collector = new MetricsCollector({ cutoffs, itemCount, popularity: support, similarity })
  asked.forEach(({ truth }, user) => {
    collector.add(lists[user], truth, known[user])
  })
  const intervals: Record<string, readonly [number, number]> = {}
  for (const [index, at] of cutoffs.entries()) {
    for (const name of ['ndcg', 'recall'] as const) {
      const { low, high } = bootstrapInterval(
        collector.perUser.map((user) => user[name][index]),
        { seed },
      )
      intervals[`${name}@${at}`] = [low, high]
    }
  }
  const ndcg = Float64Array.from(collector.perUser, (user) => user.ndcg[cutoffs.indexOf(k)])
  return { result: { metrics: flatten(collector.table()), intervals }, ndcg }
}
