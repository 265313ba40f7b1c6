import { DAY_MS, DAY_ZERO_MS, UNKNOWN_U16 } from '#contract/columns'
import type { Scene } from '#contract/events'
import { FEATURE_COUNT, type FeatureName, featureIndex } from '#contract/features'
import type { CandidateSet } from './candidates.ts'
import { channelBit, isAboutItems } from './channels.ts'

/** Why an item is in a list; items by itemNo, categories by dictionary index. The shell puts words to it. */
export type ReasonCode =
  | { readonly type: 'because-you' | 'similar-to'; readonly itemNo: number }
  | { readonly type: 'category'; readonly category: number }
  | { readonly type: 'popular' | 'trending' | 'new' | 'explore' }

/** Reasons given for one item at most. */
const MOST_REASONS = 2

/** Cosine above which two items may be called alike. */
const ALIKE = 0.4

/** Share of the history that a category needs to be a reason. */
const CATEGORY_SHARE = 0.2

/** Age in days up to which an item is new. */
const NEW_DAYS = 30

/** Quantiles from which an item is trending or popular (log-rank scale, 255 the best). */
const HIGH_QUANTILE = 192

/**
 * Reads the reasons of one candidate from its features, strongest kind first: exploration, the item of the history behind it, its category,
 * then what is publicly so.
 * @param rows - Feature rows of the set.
 */
export function reasonsOf(
  set: CandidateSet,
  rows: Float32Array,
  candidate: number,
  { scene, explored }: { readonly scene: Scene; readonly explored: boolean },
): readonly ReasonCode[] {
  if (candidate < 0) return []
  const reasons: ReasonCode[] = []
  if (explored) reasons.push({ type: 'explore' })
  const behind = isAboutItems(scene) ? contextReason(set, scene) : historyReason(set, rows, candidate)
  if (behind !== null) reasons.push(behind)
  const { inputs } = set
  const feature = (name: FeatureName) => rows[candidate * FEATURE_COUNT + featureIndex(name)]
  if (inputs.category[candidate] !== UNKNOWN_U16 && feature('match.category') >= CATEGORY_SHARE)
    reasons.push({ type: 'category', category: inputs.category[candidate] })
  reasons.push(...publicReasons(set, candidate, scene))
  return reasons.slice(0, MOST_REASONS)
}

function contextReason({ contextItems }: CandidateSet, scene: Scene): ReasonCode | null {
  const item = contextItems[0]
  if (item === undefined) return null
  return { type: scene === 'because-you' ? 'because-you' : 'similar-to', itemNo: item.itemNo }
}

/** The history item with the strongest vote, else the most similar of the latest. */
function historyReason({ inputs, bestVoter }: CandidateSet, rows: Float32Array, candidate: number): ReasonCode | null {
  const voter = inputs.history[bestVoter[candidate]]
  if (voter !== undefined) return { type: 'because-you', itemNo: voter.itemNo }
  const at = candidate * FEATURE_COUNT
  const near = inputs.history[rows[at + featureIndex('similarity.maxPosition')]]
  if (!inputs.ordered || near === undefined || rows[at + featureIndex('similarity.max')] < ALIKE) return null
  return { type: 'because-you', itemNo: near.itemNo }
}

function publicReasons({ inputs, channels }: CandidateSet, candidate: number, scene: Scene): readonly ReasonCode[] {
  const found = (channel: 'popular' | 'trending' | 'fresh') => (channels[candidate] & channelBit(channel)) !== 0
  const age = Math.floor((inputs.context.now - DAY_ZERO_MS) / DAY_MS) - inputs.createdDay[candidate]
  const isNew = inputs.createdDay[candidate] !== UNKNOWN_U16 && age >= 0 && age <= NEW_DAYS
  const reasons: ReasonCode[] = []
  if (scene === 'trending' || (found('trending') && inputs.trending[candidate] >= HIGH_QUANTILE))
    reasons.push({ type: 'trending' })
  if (scene === 'fresh' || isNew) reasons.push({ type: 'new' })
  if (found('popular') && inputs.popularity[candidate] >= HIGH_QUANTILE) reasons.push({ type: 'popular' })
  return reasons
}
