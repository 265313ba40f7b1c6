import * as ort from 'onnxruntime-web/wasm'
import { expect, test } from 'vitest'
import { FEATURE_COUNT } from '#contract/features'
import { createOnnxRanker } from '#worker/core/onnx-ranker'
import type { OrtModule } from '#worker/core/onnx-session'
import { createTreesRanker } from '#worker/core/ranker'
import { seededRandom, syntheticTrees } from '#worker/core/synthetic-model'
import { writeTreeEnsembleOnnx } from './onnx-trees.ts'

ort.env.logLevel = 'error'
ort.env.wasm.numThreads = 1

const trees = syntheticTrees(100, 31, 7)
const runtime = ort as unknown as OrtModule // the namespace's overloads are wider than what ranking needs

test('createOnnxRanker and createTreesRanker give the same bits, also when calls overlap', async () => {
  const random = seededRandom(1)
  const rows = Float32Array.from({ length: 500 * FEATURE_COUNT }, () => (random() < 0.5 ? random() : random() * 255))
  const onnx = await createOnnxRanker(runtime, writeTreeEnsembleOnnx(trees))
  const plain = createTreesRanker(trees)
  const [all, part] = await Promise.all([onnx.score(rows, 500), onnx.score(rows.slice(0, 3 * FEATURE_COUNT), 3)])
  const wanted = await plain.score(rows, 500)
  expect(all).toEqual(wanted)
  expect(part).toEqual(wanted.slice(0, 3))
  expect(await onnx.score(new Float32Array(0), 0)).toEqual(new Float32Array(0))
  await onnx.close()
})

test('createOnnxRanker refuses bytes that are no model with model-malformed', async () => {
  await expect(createOnnxRanker(runtime, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'model-malformed' })
})

test('createTreesRanker refuses trees of another feature layout with model-mismatch', () => {
  expect(() => createTreesRanker({ ...trees, layout: 99 })).toThrow(expect.objectContaining({ code: 'model-mismatch' }))
})
