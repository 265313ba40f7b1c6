import { describe, expect, test } from 'vitest'
import { seededRandom } from './samples.conformance.ts'
import { LEAF_STEP, LEAF_SUM_LIMIT, scoreTrees, type TreeEnsemble } from './trees.ts'

/** A stump on feature 0 at 0.5, a two-level tree on features 1 and 0, and a tree that is one leaf. */
const trees: TreeEnsemble = {
  layout: 1,
  featureCount: 2,
  roots: Int32Array.of(0, 1, -6),
  feature: Uint16Array.of(0, 1, 0),
  threshold: Float32Array.of(0.5, 0, -1),
  left: Int32Array.of(-1, 2, -3),
  right: Int32Array.of(-2, -5, -4),
  leaf: Int32Array.of(1, 20, 300, 4_000, 50_000, 600_000),
}

/** A random ensemble of complete trees of a depth whose leaf sums use the whole allowed range. */
function forest(random: () => number, treeCount: number, depth: number, featureCount: number): TreeEnsemble {
  const perTree = 2 ** depth - 1
  const leavesPerTree = 2 ** depth
  const limit = Math.floor(LEAF_SUM_LIMIT / treeCount)
  const nodes = Array.from({ length: treeCount * perTree }, (_, n) => ({
    tree: Math.floor(n / perTree),
    at: n % perTree,
  }))
  const child = ({ tree, at }: { tree: number; at: number }, side: number) => {
    const next = 2 * at + 1 + side
    return next < perTree ? tree * perTree + next : -(tree * leavesPerTree + next - perTree) - 1
  }
  return {
    layout: 1,
    featureCount,
    roots: Int32Array.from({ length: treeCount }, (_, t) => t * perTree),
    feature: Uint16Array.from(nodes, () => Math.floor(random() * featureCount)),
    threshold: Float32Array.from(nodes, () => random()),
    left: Int32Array.from(nodes, (node) => child(node, 0)),
    right: Int32Array.from(nodes, (node) => child(node, 1)),
    leaf: Int32Array.from({ length: treeCount * leavesPerTree }, () => Math.round((random() * 2 - 1) * limit)),
  }
}

/** Leaf steps that each tree gives a row, by recursion. */
function leavesOf(model: TreeEnsemble, row: Float32Array): number[] {
  const walk = (node: number): number => {
    if (node < 0) return model.leaf[-node - 1]
    return walk(row[model.feature[node]] <= model.threshold[node] ? model.left[node] : model.right[node])
  }
  return Array.from(model.roots, walk)
}

describe('scoreTrees', () => {
  test.each([
    ['left at equality', [0.5, 1], 1 + 50_000 + 600_000],
    ['right above', [0.75, 1], 20 + 50_000 + 600_000],
    ['left twice', [-1, 0], 1 + 300 + 600_000],
    ['left, then right', [-0.5, -7], 1 + 4_000 + 600_000],
    ['right where there is no number', [Number.NaN, Number.NaN], 20 + 50_000 + 600_000],
  ])('goes %s', (_, row, steps) => {
    expect([...scoreTrees(trees, Float32Array.from(row), 1)]).toEqual([steps * LEAF_STEP])
  })

  test('scores rows each by itself', () => {
    expect([...scoreTrees(trees, Float32Array.of(0.5, 1, -1, 0), 2)]).toEqual([
      650_001 * LEAF_STEP,
      600_301 * LEAF_STEP,
    ])
    expect(scoreTrees(trees, new Float32Array(0), 0)).toHaveLength(0)
  })

  test('is exact: single-precision sums of leaves in any order give the same bits', () => {
    const random = seededRandom(21)
    const model = forest(random, 100, 5, 40)
    const rows = Float32Array.from({ length: 200 * 40 }, () => random())
    const scores = scoreTrees(model, rows, 200)
    for (let r = 0; r < 200; r++) {
      const leaves = leavesOf(model, rows.subarray(r * 40, r * 40 + 40)).map((leaf) => Math.fround(leaf * LEAF_STEP))
      const add = (sum: number, leaf: number) => Math.fround(sum + leaf)
      expect(leaves.reduce(add, 0)).toBe(scores[r])
      expect(leaves.toReversed().reduce(add, 0)).toBe(scores[r])
      expect(leaves.toSorted((a, b) => a - b).reduce(add, 0)).toBe(scores[r])
    }
  })

  test('holds the largest allowed sum exactly', () => {
    const edge = { ...trees, roots: Int32Array.of(-1, -2), leaf: Int32Array.of(LEAF_SUM_LIMIT - 1, 1) }
    expect([...scoreTrees(edge, Float32Array.of(0, 0), 1)]).toEqual([128])
    const below = { ...edge, leaf: Int32Array.of(LEAF_SUM_LIMIT - 1, 0) }
    expect([...scoreTrees(below, Float32Array.of(0, 0), 1)]).toEqual([128 - LEAF_STEP])
  })
})
