import type { Dataset } from '../dataset.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { createRandom } from '../train/random.ts'
import { type ClusteredOptions, clusteredLists, logFromLists } from '../train/synthetic-log.ts'

/** A log of `clusteredLists` whose items' tags name their cluster, every item in two tags: its cluster's, and one of several within it. */
export function plantedDataset(options: ClusteredOptions): Dataset {
  const lists = clusteredLists(options)
  return {
    users: lists.map((_, u) => `u${u}`),
    items: Array.from({ length: options.items }, (_, i) => ({
      ...bareItem(`i${i}`),
      tags: [`taste ${i % options.clusters}`, `kind ${i % (3 * options.clusters)}`],
    })),
    interactions: logFromLists(lists, options.items),
  }
}

/** The same catalogue, with histories that go from cluster to cluster in a ring: who takes an item of one takes any item of the next. */
export function ringDataset(options: ClusteredOptions): Dataset {
  const { users, items, clusters, perUser, seed } = options
  const random = createRandom(seed)
  const size = Math.floor(items / clusters)
  const lists = Array.from({ length: users }, () => {
    const first = Math.floor(random() * clusters)
    return Array.from({ length: perUser }, (_, k) => Math.floor(random() * size) * clusters + ((first + k) % clusters))
  })
  return { ...plantedDataset(options), interactions: { ...logFromLists(lists, items), order: 'order' } }
}
