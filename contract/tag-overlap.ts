import { type FeatureInputs, SIMILARITY_ITEMS } from './features.ts'

/** Jaccard overlap of each candidate's tags with single items; one entry per candidate, 0…1. */
export type TagOverlaps = {
  readonly max: Float32Array
  readonly last: Float32Array
  readonly mean: Float32Array
  readonly context: Float32Array
}

/** Tags that one candidate is compared by. */
const MOST_TAGS = 64

/**
 * |A ∩ B| / |A ∪ B| with the tags of the latest `SIMILARITY_ITEMS` of the history and of the page's item. Where order means
 * nothing, `last` is constant.
 */
export function tagOverlaps(inputs: FeatureInputs): TagOverlaps {
  const { count, tags, tagOffsets, ordered, context } = inputs
  const recent = inputs.history.slice(0, SIMILARITY_ITEMS).map((item) => new Set(item.tags))
  const page = context.item === null ? null : new Set(context.item.tags)
  const out = {
    max: new Float32Array(count),
    last: new Float32Array(count),
    mean: new Float32Array(count),
    context: new Float32Array(count),
  }
  for (let i = 0; i < count; i++) {
    const own = tags.subarray(tagOffsets[i], Math.min(tagOffsets[i + 1], tagOffsets[i] + MOST_TAGS))
    if (own.length === 0) continue
    if (page !== null) out.context[i] = jaccard(own, page)
    let best = 0
    let sum = 0
    for (let h = 0; h < recent.length; h++) {
      const overlap = jaccard(own, recent[h])
      sum += overlap
      if (overlap > best) best = overlap
      if (h === 0 && ordered) out.last[i] = overlap
    }
    out.max[i] = best
    out.mean[i] = recent.length === 0 ? 0 : sum / recent.length
  }
  return out
}

function jaccard(own: Uint16Array, other: ReadonlySet<number>): number {
  let both = 0
  for (let k = 0; k < own.length; k++) if (other.has(own[k])) both++
  const either = own.length + other.size - both
  return either === 0 ? 0 : both / either
}
