import { LEAF_STEP, LEAF_SUM_LIMIT, type TreeEnsemble } from '#contract/trees'
import type { BinEdges, BinnedRows } from './binning.ts'
import { shuffle } from './random.ts'
import type { BinTree } from './tree-grower.ts'

/** A seeded draw of a share of the features that differ between rows, ascending; the first feature where none does. */
export function pickFeatures({ counts }: BinEdges, fraction: number, random: () => number): Int32Array {
  const all = Int32Array.from(counts.keys()).filter((feature) => counts[feature] > 0)
  if (all.length === 0) return Int32Array.of(0)
  if (fraction >= 1) return all
  shuffle(all, random)
  return all.slice(0, Math.max(1, Math.round(all.length * fraction))).sort()
}

/** Adds what one tree gives each binned row. */
export function addTreeScores(tree: BinTree, rows: BinnedRows, scores: Float32Array): void {
  const { bins, stride } = rows
  const root = tree.feature.length === 0 ? -1 : 0
  for (let r = 0, base = 0; r < rows.rowCount; r++, base += stride) {
    let node = root
    while (node >= 0) node = bins[base + tree.feature[node]] <= tree.bin[node] ? tree.left[node] : tree.right[node]
    scores[r] += tree.leaf[-node - 1] * LEAF_STEP
  }
}

/** Joins trees, turning bins into float32 thresholds. Leaves are scaled down if their largest possible sum leaves the exact range. */
export function joinTrees(trees: readonly BinTree[], edges: BinEdges, layout: number): TreeEnsemble {
  const largest = trees.reduce((sum, tree) => sum + Math.max(...tree.leaf.map(Math.abs)), 0)
  const scale = largest < LEAF_SUM_LIMIT ? 1 : (LEAF_SUM_LIMIT - trees.length) / largest
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0)
  const ensemble = {
    layout,
    featureCount: edges.featureCount,
    roots: new Int32Array(trees.length),
    feature: new Uint16Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    leaf: Int32Array.from(
      trees.flatMap((tree) => tree.leaf),
      (steps) => Math.round(steps * scale),
    ),
  }
  let node = 0
  let leaf = 0
  trees.forEach((tree, t) => {
    const place = (child: number) => (child >= 0 ? child + node : child - leaf)
    ensemble.roots[t] = tree.feature.length === 0 ? -1 - leaf : node
    tree.feature.forEach((feature, n) => {
      ensemble.feature[node + n] = feature
      ensemble.threshold[node + n] = edges.edges[feature * 256 + tree.bin[n]]
      ensemble.left[node + n] = place(tree.left[n])
      ensemble.right[node + n] = place(tree.right[n])
    })
    node += tree.feature.length
    leaf += tree.leaf.length
  })
  return ensemble
}
