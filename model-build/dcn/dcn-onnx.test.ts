import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FEATURE_COUNT } from '#contract/features'
import { FEATURE_BOUND } from '#contract/fill-features'
import { openOnnxRanker } from '../device/open-ranker.ts'
import { readOutsideRanker } from '../rank/outside-ranker.ts'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { createDcnScorer, type DcnModel, roundWeights } from './dcn-model.ts'
import { writeDcnOnnx } from './dcn-onnx.ts'
import { DCN_SHAPE, layOutDcn } from './shape.ts'
import { fitStandard } from './standardise.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

const COUNT = 500

/** Rows of features of very different sizes, one that never differs and one at its bound. */
function rowsOf(seed: number): Float32Array {
  const normal = createNormal(createRandom(seed))
  return Float32Array.from({ length: COUNT * FEATURE_COUNT }, (_, k) => {
    const feature = k % FEATURE_COUNT
    if (feature === 3) return 42
    if (feature === 4) return k < FEATURE_COUNT ? FEATURE_BOUND : normal()
    return normal() * 10 ** ((feature % 7) - 3) + (feature % 5)
  })
}

function modelOf(): DcnModel {
  const shape = { ...DCN_SHAPE, features: FEATURE_COUNT }
  const normal = createNormal(createRandom(7))
  const weights = Float32Array.from({ length: layOutDcn(shape).size }, () => 0.2 * normal())
  const standard = fitStandard([{ features: rowsOf(1), count: COUNT }], FEATURE_COUNT)
  return { shape, weights: roundWeights(weights, shape), standard }
}

const order = (scores: Float32Array) => Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b)

test('ONNX Runtime for the web gives the scores that training saw, in the same order, for any number of rows', async () => {
  const model = modelOf()
  const ranker = await openOnnxRanker(writeDcnOnnx(model))
  const score = createDcnScorer(model, pool)
  for (const count of [1, 7, COUNT]) {
    const features = rowsOf(2).slice(0, count * FEATURE_COUNT)
    const [device, own] = [await ranker.score(features, count), await score({ features, count })]
    device.forEach((value, row) => {
      expect(Math.abs(value - own[row])).toBeLessThan(1e-4 * (1 + Math.abs(own[row])))
    })
    expect(order(device)).toEqual(order(own))
  }
  await ranker.close()
})

test('what it writes passes the check of rankers trained elsewhere and has less than 30 kB', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-dcn-'))
  const bytes = writeDcnOnnx(modelOf())
  await writeFile(join(dir, 'dcn.onnx'), bytes)
  expect(await readOutsideRanker(join(dir, 'dcn.onnx'))).toEqual(new Uint8Array(bytes))
  expect(bytes.length).toBeLessThan(30_000)
  expect(bytes.length).toBeGreaterThan(5_000)
  await rm(dir, { recursive: true })
})
