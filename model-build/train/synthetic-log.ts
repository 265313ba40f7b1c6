import type { Interactions } from '../dataset.ts'
import { createRandom } from './random.ts'

/** Interactions from one list of items per user, oldest first; weights 1, no times. */
export function logFromLists(lists: readonly (readonly number[])[], itemCount: number): Interactions {
  const userOffsets = new Int32Array(lists.length + 1)
  for (let u = 0; u < lists.length; u++) userOffsets[u + 1] = userOffsets[u] + lists[u].length
  const item = Int32Array.from(lists.flat())
  return {
    userCount: lists.length,
    itemCount,
    userOffsets,
    item,
    weight: new Float32Array(item.length).fill(1),
    at: new Float64Array(item.length).fill(Number.NaN),
    order: 'none',
  }
}

/** What `clusteredLists` draws. */
export type ClusteredOptions = {
  readonly users: number
  readonly items: number
  /** Item i belongs to cluster i % clusters; a user likes one or two. */
  readonly clusters: number
  readonly perUser: number
  readonly seed: number
}

/** Histories of users who mostly stay within one or two clusters of items, low numbers within a cluster being more popular. */
export function clusteredLists(options: ClusteredOptions): number[][] {
  const random = createRandom(options.seed)
  const perCluster = Math.floor(options.items / options.clusters)
  return Array.from({ length: options.users }, () => {
    const tastes = [random(), random()].map((x) => Math.floor(x * options.clusters))
    const picked = new Set<number>()
    for (let draw = 0; picked.size < options.perUser && draw < options.perUser * 20; draw++) {
      const stray = random() < 0.1
      const cluster = stray ? Math.floor(random() * options.clusters) : tastes[random() < 0.7 ? 0 : 1]
      picked.add(Math.floor(random() ** 2 * perCluster) * options.clusters + cluster)
    }
    return [...picked]
  })
}
