import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { FEATURE_COUNT } from '#contract/features'
import { scoreTrees } from '#contract/trees'
import { seededRandom, syntheticTrees } from '../synthetic-model.ts'
import { createWasmTrees } from './wasm-trees.ts'

const module = new WebAssembly.Module(await readFile(new URL('scan.wasm', import.meta.url)))

test.each([1, 2, 15, 31, 32])('createWasmTrees gives the bits of scoreTrees for trees of %i leaves', (leaves) => {
  const random = seededRandom(leaves)
  const trees = syntheticTrees(150, leaves, leaves)
  const score = createWasmTrees(module, trees)
  for (const count of [0, 1, 7, 8, 9, 500, 3_000, 20]) {
    const rows = Float32Array.from({ length: count * FEATURE_COUNT }, (_, k) =>
      k % 5 === 0 ? k % FEATURE_COUNT : random() * 255,
    )
    trees.threshold.forEach((value, node) => {
      if (count > 0) rows[(node % count) * FEATURE_COUNT + trees.feature[node]] = value
    })
    expect(score(rows, count)).toEqual(scoreTrees(trees, rows, count))
  }
})

test('createWasmTrees gives the same bits where its memory cannot grow to the rows', () => {
  const trees = syntheticTrees(20, 8, 1)
  const random = seededRandom(1)
  const rows = Float32Array.from({ length: 3_000 * FEATURE_COUNT }, () => random() * 255)
  const score = createWasmTrees(module, trees)
  const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('out of memory')
  })
  expect(score(rows, 3_000)).toEqual(scoreTrees(trees, rows, 3_000))
  expect(grow).toHaveBeenCalledOnce()
})
