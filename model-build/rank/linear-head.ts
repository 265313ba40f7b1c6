import { FEATURE_COUNT, type FeatureName, featureIndex } from '#contract/features'
import type { TrainingGroup } from './training-group.ts'

/** The part of a score that is a weighted sum of features; it stands in the manifest. */
export type LinearHead = {
  readonly features: readonly number[]
  readonly weights: readonly number[]
  readonly bias: number
}

/** What each channel says of a candidate beside the others of its list. */
const CHANNELS: readonly FeatureName[] = ['dot.recentZ', 'voters.recentZ', 'sequence.dotZ']

/** Low, so that trees soon outweigh the blend where they know better. */
const WEIGHT = 0.18

/** Of popularity (0…255) over the three-halves power of one more than the history's length: a prior that a few clicks outweigh. */
const PRIOR_WEIGHT = 0.2 * WEIGHT

/**
 * What trees start from, and all there is where they learn nothing: an even blend of the channels that say anything, and popularity while little is
 * known of the visitor. Nothing of it is fitted: on lists of some hundred histories a fitted blend follows noise, and trees that start from it learn
 * less of what it leaves (docs/decisions/0014).
 */
export function evenHead(groups: readonly TrainingGroup[]): LinearHead {
  const channels = CHANNELS.map(featureIndex).filter((column) => groups.some((group) => differs(group, column)))
  return {
    features: [...channels, featureIndex('item.popularityEarly')],
    weights: [...channels.map(() => WEIGHT), PRIOR_WEIGHT],
    bias: 0,
  }
}

function differs({ features }: TrainingGroup, column: number): boolean {
  for (let at = column; at < features.length; at += FEATURE_COUNT) if (features[at] !== features[column]) return true
  return false
}
