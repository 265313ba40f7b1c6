import { expect, test } from 'vitest'
import { FEATURE_COUNT } from '#contract/features'
import { scoreTrees } from '#contract/trees'
import { seededRandom, syntheticTrees } from './synthetic-model.ts'
import { createTreeScorer } from './tree-scorer.ts'

test('createTreeScorer gives the bits of scoreTrees, single leaves and empty batches included', () => {
  const random = seededRandom(3)
  const rows = Float32Array.from({ length: 60 * FEATURE_COUNT }, () => random() * 255)
  for (const leaves of [1, 2, 31, 32, 33, 60]) {
    const trees = syntheticTrees(40, leaves, leaves)
    expect(createTreeScorer(trees)(rows, 60)).toEqual(scoreTrees(trees, rows, 60))
    expect(createTreeScorer(trees)(rows, 0).length).toBe(0)
  }
})

test('createTreeScorer settles columns that all rows share, and values on a threshold go left', () => {
  const random = seededRandom(5)
  const trees = syntheticTrees(60, 31, 4)
  const rows = Float32Array.from({ length: 40 * FEATURE_COUNT }, (_, k) =>
    k % FEATURE_COUNT < 20 ? k % FEATURE_COUNT : random() * 255,
  )
  trees.threshold.forEach((value, node) => {
    rows[(node % 40) * FEATURE_COUNT + trees.feature[node]] = value
  })
  expect(createTreeScorer(trees)(rows, 40)).toEqual(scoreTrees(trees, rows, 40))
})

test('createTreeScorer takes nodes that share children without unfolding them', () => {
  const nodes = 60
  const next = Int32Array.from({ length: nodes }, (_, node) => (node === nodes - 1 ? -1 : node + 1))
  const trees = {
    ...syntheticTrees(1, 1, 1),
    roots: Int32Array.of(0),
    feature: new Uint16Array(nodes),
    threshold: new Float32Array(nodes),
    left: next,
    right: next,
    leaf: Int32Array.of(5),
  }
  const rows = new Float32Array(2 * FEATURE_COUNT)
  expect(createTreeScorer(trees)(rows, 2)).toEqual(scoreTrees(trees, rows, 2))
})
