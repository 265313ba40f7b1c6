import { expect, test } from 'vitest'
import { FEATURE_COUNT } from '#contract/features'
import { scoreTrees } from '#contract/trees'
import { seededRandom, syntheticTrees } from './synthetic-model.ts'
import { createTreeScorer } from './tree-scorer.ts'

test('createTreeScorer gives the bits of scoreTrees, single leaves and empty batches included', () => {
  const random = seededRandom(3)
  const rows = Float32Array.from({ length: 60 * FEATURE_COUNT }, () => random() * 255)
  for (const leaves of [1, 2, 31]) {
    const trees = syntheticTrees(40, leaves, leaves)
    expect(createTreeScorer(trees)(rows, 60)).toEqual(scoreTrees(trees, rows, 60))
    expect(createTreeScorer(trees)(rows, 0).length).toBe(0)
  }
})
