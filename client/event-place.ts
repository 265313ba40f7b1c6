import type { RecommendReply, TrackInput } from '#contract/rpc'

/** Where an event happened: in which list at which place, or on the page of which item. */
export type EventPlace = Pick<TrackInput, 'list' | 'scene' | 'position' | 'propensity' | 'context'>

/** The place of an item in a list that is shown; nothing where it is not in it. */
export function placeIn({ list, scene, items }: RecommendReply, id: string): EventPlace {
  const position = items.findIndex((item) => item.id === id)
  const { propensity = 1 } = items[position] ?? {}
  if (position < 0) return {}
  return { list, scene, position, ...(propensity < 1 ? { propensity } : {}) }
}
