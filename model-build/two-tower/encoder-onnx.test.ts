import { brotliCompressSync } from 'node:zlib'
import * as ort from 'onnxruntime-web/wasm'
import { afterAll, expect, test } from 'vitest'
import { createOnnxEncoder } from '#worker/core/encoder/onnx-encoder'
import type { OrtModule } from '#worker/core/onnx-session'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { writeTowerOnnx } from './encoder-onnx.ts'
import { layOutTower, type TowerShape } from './shape.ts'
import { UserTower } from './user-tower.ts'

ort.env.logLevel = 'error'
ort.env.wasm.numThreads = 1

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

const ITEMS = 60
const DIM = 64
const ORDERED: TowerShape = { dim: DIM, profile: 8, hidden: 128, length: 50, ratios: [0.9, 0.6] }
const UNORDERED: TowerShape = { ...ORDERED, length: 1000, ratios: [1] }

/** Weights that int8 holds exactly: whole steps of 1 / 512 with the largest of 127 in each column. */
function drawWeights(shape: TowerShape): Float32Array {
  const layout = layOutTower(shape)
  const random = createRandom(9)
  const weights = new Float32Array(layout.size)
  for (const { at, rows, columns } of [layout.up, layout.upBias, layout.down]) {
    for (let k = 0; k < rows * columns; k++) weights[at + k] = (Math.round(random() * 254) - 127) / 512
    for (let column = 0; column < columns; column++) weights[at + column] = 127 / 512
  }
  return weights
}

test.each([
  ['ordered', ORDERED],
  ['unordered', UNORDERED],
])('ONNX Runtime gives what the trained tower gives, for %s histories of any length', async (_name, shape) => {
  const tower = new UserTower(pool, shape, 8)
  tower.weights.set(drawWeights(shape))
  const normal = createNormal(createRandom(4))
  const table = Float32Array.from({ length: ITEMS * DIM }, () => normal() / 2)
  const model = { hash: '0'.repeat(64), sizeBytes: 0 }
  const encoder = await createOnnxEncoder(ort as unknown as OrtModule, writeTowerOnnx(tower), {
    spaceId: 'two-tower',
    dim: DIM,
    metric: 'ip',
    scales: [],
    encoder: { type: 'onnx', model, length: shape.length },
  }) // the module's overloads are wider than what the worker asks of it
  for (const count of [1, 2, 17, 50]) {
    const shown = Int32Array.from({ length: count }, (_, k) => (k * 7 + count) % ITEMS)
    await tower.encode({ count: 1, shown, shownOffsets: Int32Array.of(0, count) }, table)
    const vectors = new Float32Array(count * DIM)
    shown.forEach((item, k) => {
      vectors.set(table.subarray(item * DIM, (item + 1) * DIM), (count - 1 - k) * DIM)
    })
    const found = await encoder.encode(vectors)
    const wanted = tower.queries.slice(0, DIM)
    found.forEach((value, d) => {
      expect(Math.abs(value - wanted[d]), `${count} items, dimension ${d}`).toBeLessThan(1e-4)
    })
    expect(orderOf(found, table)).toEqual(orderOf(wanted, table))
  }
  await encoder.close()
})

test('a tower of 64 dimensions stays within 40 kB as brotli', () => {
  const weights = drawWeights(ORDERED)
  const size = brotliCompressSync(writeTowerOnnx({ shape: ORDERED, weights })).length
  expect(size).toBeLessThan(40_000)
  expect(size).toBeGreaterThan(5_000)
})

function orderOf(query: Float32Array, table: Float32Array): number[] {
  const score = (item: number) => query.reduce((sum, value, d) => sum + value * table[item * DIM + d], 0)
  return Array.from({ length: ITEMS }, (_, item) => item).sort((a, b) => score(b) - score(a))
}
