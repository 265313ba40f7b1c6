import type { PublicList } from '#contract/manifest'
import type { Dataset } from '../dataset.ts'
import type { Behaviour } from './behaviour.ts'

/** Items of a list that needs no history. */
const LIST_ITEMS = 300

type ListSources = {
  readonly behaviour: Behaviour
  readonly itemNos: Uint32Array
  readonly createdAt: Float64Array
  readonly dataset: Dataset
  readonly halfLifeDays: number
}

/** The lists of a release that need no history: most people, most people lately, newest. */
export function publicLists({ behaviour, itemNos, createdAt, dataset, halfLifeDays }: ListSources): PublicList[] {
  const available = Array.from(itemNos.keys()).filter((i) => dataset.items[i].available)
  const best = (score: Float64Array): number[] =>
    available
      .filter((i) => score[i] > 0)
      .sort((a, b) => score[b] - score[a] || itemNos[a] - itemNos[b])
      .slice(0, LIST_ITEMS)
      .map((i) => itemNos[i])
  const noLog = dataset.interactions.item.length === 0
  const all = available.map((i) => itemNos[i]).sort((a, b) => a - b)
  return [
    { scene: 'popular', items: noLog ? all.slice(0, LIST_ITEMS) : best(behaviour.support), halfLifeDays: null },
    { scene: 'trending', items: best(behaviour.trending), halfLifeDays },
    { scene: 'fresh', items: best(createdAt), halfLifeDays: null },
  ]
}
