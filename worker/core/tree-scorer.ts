import { LEAF_STEP, type TreeEnsemble } from '#contract/trees'
import { createMaskScorer, MASK_LEAVES } from './leaf-masks.ts'

/** Scores many rows, row-major as in `scoreTrees`; gives a new array. */
export type TreeScorer = (rows: Float32Array, count: number) => Float32Array

/**
 * Prepares an ensemble for scoring many rows. Sums of leaves are whole numbers, so scores are those of `scoreTrees` bit for bit,
 * by masks of leaves where trees are small enough.
 */
export function createTreeScorer(trees: TreeEnsemble): TreeScorer {
  return hasMasks(trees) ? createMaskScorer(trees) : createWalkingScorer(trees)
}

/** Whether the fast ways to score an ensemble apply: no tree has more than MASK_LEAVES leaves. */
export function hasMasks(trees: TreeEnsemble): boolean {
  return mostLeaves(trees) <= MASK_LEAVES
}

/** Leaves of the largest tree, counted up to MASK_LEAVES + 1. Children have higher numbers than their parents (`decodeTrees`). */
function mostLeaves({ roots, left, right }: TreeEnsemble): number {
  const counts = new Uint8Array(left.length)
  const leavesOf = (node: number): number => (node < 0 ? 1 : counts[node])
  for (let node = left.length - 1; node >= 0; node--)
    counts[node] = Math.min(MASK_LEAVES + 1, leavesOf(left[node]) + leavesOf(right[node]))
  return roots.reduce((most, root) => Math.max(most, leavesOf(root)), 0)
}

/** Walks one tree after another over all rows, children side by side. */
function createWalkingScorer(trees: TreeEnsemble): TreeScorer {
  const { roots, feature, threshold, left, right, leaf, featureCount } = trees
  const children = new Int32Array(feature.length * 2)
  for (let node = 0; node < feature.length; node++) {
    children[node * 2] = left[node]
    children[node * 2 + 1] = right[node]
  }
  return (rows, count) => {
    const sums = new Int32Array(count)
    for (let t = 0; t < roots.length; t++) {
      for (let row = 0, base = 0; row < count; row++, base += featureCount) {
        let node = roots[t]
        while (node >= 0) node = children[node * 2 + (rows[base + feature[node]] <= threshold[node] ? 0 : 1)]
        sums[row] += leaf[-node - 1]
      }
    }
    return Float32Array.from(sums, (sum) => sum * LEAF_STEP)
  }
}
