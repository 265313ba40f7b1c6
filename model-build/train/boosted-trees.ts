import { LEAF_STEP, LEAF_SUM_LIMIT, type TreeEnsemble } from '#contract/trees'
import type { BinEdges, BinnedRows } from './binning.ts'
import { shuffle } from './random.ts'
import type { KernelPool } from './thread-pool.ts'
import type { BinTree } from './tree-grower.ts'

/** A seeded draw of a share of the features that differ between rows, ascending; the first feature where none does. */
export function pickFeatures({ counts }: BinEdges, fraction: number, random: () => number): Int32Array {
  const all = Int32Array.from(counts.keys()).filter((feature) => counts[feature] > 0)
  if (all.length === 0) return Int32Array.of(0)
  if (fraction >= 1) return all
  shuffle(all, random)
  return all.slice(0, Math.max(1, Math.round(all.length * fraction))).sort()
}

/** Rows that a thread scores at a time. */
const SCORED_ROWS = 8_192

/** Adds what one tree gives each binned row to `scores` of the pool's memory. */
export async function addTree(pool: KernelPool, tree: BinTree, rows: BinnedRows, scores: Float32Array): Promise<void> {
  const { feature, bin, left, right, leaf } = tree
  await pool.scope(async () => {
    const nodes = pool.copyI32(Int32Array.from(feature.flatMap((name, n) => [name, bin[n], left[n], right[n]])))
    const leaves = pool.copyF32(Float32Array.from(leaf, (steps) => steps * LEAF_STEP))
    const root = feature.length === 0 ? -1 : 0
    const args = [rows.bins.byteOffset, rows.stride, nodes.byteOffset, root, leaves.byteOffset, scores.byteOffset]
    await pool.run({ kernel: 'addTree', tasks: rows.rowCount, chunk: SCORED_ROWS, args })
  })
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
