import { LEAF_STEP, type TreeEnsemble } from '#contract/trees'

/** Leaves of a tree that a 32-bit mask can name. */
export const MASK_LEAVES = 32

/** Splits of all trees by feature, thresholds ascending; those of feature f are starts[f] … starts[f + 1] - 1. */
export type Splits = {
  readonly starts: Int32Array
  readonly thresholds: Float32Array
  readonly treeOf: Int32Array
  /** Leaves that stay reachable when the split sends a row to the right. */
  readonly masks: Int32Array
  /** Leaf values from left to right, MASK_LEAVES per tree. */
  readonly leaves: Int32Array
}

/** For one batch: splits that some rows pass and others fail. */
type Batch = {
  /** Features with such splits. */
  readonly features: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  /** Reachable leaves by tree after the splits that all rows fail. */
  readonly base: Int32Array
}

/**
 * Scores by masks of reachable leaves instead of walking down trees (QuickScorer, Lucchese et al., SIGIR 2015): each failed split takes the
 * leaves left of it away, and the leftmost leaf that remains is the tree's. Splits on which the whole batch agrees, such as those on the
 * visitor's features, are settled once. Sums of leaves are whole numbers, so scores are those of `scoreTrees` bit for bit.
 * @param trees - At most MASK_LEAVES leaves each.
 * @returns A function of (rows, count), row-major, finite; gives a new array.
 */
export function createMaskScorer(trees: TreeEnsemble): (rows: Float32Array, count: number) => Float32Array {
  const { featureCount, roots } = trees
  const splits = collectSplits(trees)
  const { thresholds, treeOf, masks, leaves } = splits
  const alive = new Int32Array(roots.length)
  return (rows, count) => {
    const { features, from, to, base } = openSplits(splits, rows, { count, featureCount, treeCount: roots.length })
    const scores = new Float32Array(count)
    for (let row = 0, at = 0; row < count; row++, at += featureCount) {
      alive.set(base)
      for (let n = 0; n < features.length; n++) {
        const value = rows[at + features[n]]
        for (let k = from[n], end = to[n]; k < end && value > thresholds[k]; k++) alive[treeOf[k]] &= masks[k]
      }
      let sum = 0
      for (let tree = 0; tree < alive.length; tree++) {
        const reachable = alive[tree]
        sum += leaves[tree * MASK_LEAVES + 31 - Math.clz32(reachable & -reachable)]
      }
      scores[row] = sum * LEAF_STEP
    }
    return scores
  }
}

function openSplits(
  { starts, thresholds, treeOf, masks }: Splits,
  rows: Float32Array,
  {
    count,
    featureCount,
    treeCount,
  }: { readonly count: number; readonly featureCount: number; readonly treeCount: number },
): Batch {
  const base = new Int32Array(treeCount).fill(-1)
  const features: number[] = []
  const from: number[] = []
  const to: number[] = []
  for (let f = 0; f < featureCount; f++) {
    if (starts[f] === starts[f + 1]) continue
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (let at = f; at < count * featureCount; at += featureCount) {
      const value = rows[at]
      if (value < least) least = value
      if (value > most) most = value
    }
    let first = starts[f]
    for (; first < starts[f + 1] && least > thresholds[first]; first++) base[treeOf[first]] &= masks[first]
    let end = first
    while (end < starts[f + 1] && most > thresholds[end]) end++
    if (end === first) continue
    features.push(f)
    from.push(first)
    to.push(end)
  }
  return { features: Int32Array.from(features), from: Int32Array.from(from), to: Int32Array.from(to), base }
}

type Split = { readonly feature: number; readonly threshold: number; readonly tree: number; readonly mask: number }

/** Sorts an ensemble's splits. @param trees - At most MASK_LEAVES leaves each. */
export function collectSplits({ roots, feature, threshold, left, right, leaf, featureCount }: TreeEnsemble): Splits {
  const found: Split[] = []
  const leaves = new Int32Array(roots.length * MASK_LEAVES)
  roots.forEach((root, tree) => {
    let place = 0
    const walk = (node: number): void => {
      if (node < 0) {
        leaves[tree * MASK_LEAVES + place++] = leaf[-node - 1]
        return
      }
      const first = place
      walk(left[node])
      let mask = -1
      for (let gone = first; gone < place; gone++) mask &= ~(1 << gone)
      found.push({ feature: feature[node], threshold: threshold[node], tree, mask })
      walk(right[node])
    }
    walk(root)
  })
  found.sort((a, b) => a.feature - b.feature || a.threshold - b.threshold)
  const starts = new Int32Array(featureCount + 1)
  for (const split of found) starts[split.feature + 1]++
  for (let f = 0; f < featureCount; f++) starts[f + 1] += starts[f]
  return {
    starts,
    thresholds: Float32Array.from(found, (split) => split.threshold),
    treeOf: Int32Array.from(found, (split) => split.tree),
    masks: Int32Array.from(found, (split) => split.mask),
    leaves,
  }
}
