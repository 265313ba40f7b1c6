import { brotliCompressSync } from 'node:zlib'
import * as ort from 'onnxruntime-web/wasm'
import { afterAll, expect, test } from 'vitest'
import { createOnnxEncoder } from '#worker/core/encoder/onnx-encoder'
import type { OrtModule } from '#worker/core/onnx-session'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { writeEncoderOnnx } from './encoder-onnx.ts'
import { SequenceNetwork } from './network.ts'
import { DEFAULT_SHAPE } from './shape.ts'
import type { SequenceModel } from './train-sequence.ts'

ort.env.logLevel = 'error'
ort.env.wasm.numThreads = 1

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

const ITEMS = 60
const { dim, length } = DEFAULT_SHAPE
const reference = { hash: '0'.repeat(64), sizeBytes: 0 }
const space = {
  spaceId: 'sequence',
  dim,
  metric: 'ip',
  scales: [],
  encoder: { type: 'onnx', model: reference, length },
} as const

function randomNetwork(): SequenceNetwork {
  const network = new SequenceNetwork(pool, DEFAULT_SHAPE, { items: ITEMS, maxRows: 64, maxCandidates: 8 })
  const normal = createNormal(createRandom(9))
  for (let k = 0; k < network.weights.length; k++) network.weights[k] = normal() / 8
  for (let k = 0; k < ITEMS * dim; k++) network.table[k] = normal() / 8
  return network
}

function modelOf({ weights, table }: SequenceNetwork): SequenceModel {
  return { kind: 'sequence', shape: DEFAULT_SHAPE, weights, items: table }
}

test('ONNX Runtime gives what the trained network gives but for the rounding of weights, for histories of any length', async () => {
  const network = randomNetwork()
  const bytes = writeEncoderOnnx(modelOf(network))
  const encoder = await createOnnxEncoder(ort as unknown as OrtModule, bytes, space) // its overloads are wider
  for (const count of [1, 2, 17, length]) {
    const items = Int32Array.from({ length: count }, (_, k) => (k * 7 + count) % ITEMS)
    const encoded = await network.encode({ offsets: Int32Array.of(0, count), items })
    const wanted = encoded.slice((count - 1) * dim, count * dim)
    const vectors = new Float32Array(count * dim)
    items.forEach((item, k) => {
      vectors.set(network.table.subarray(item * dim, (item + 1) * dim), k * dim)
    })
    const found = await encoder.encode(vectors)
    let [both, own, other] = [0, 0, 0]
    for (let d = 0; d < dim; d++) {
      both += found[d] * wanted[d]
      own += found[d] * found[d]
      other += wanted[d] * wanted[d]
    }
    expect(both / Math.sqrt(own * other)).toBeGreaterThan(0.9995)
    expect(Math.sqrt(own / other)).toBeCloseTo(1, 2)
  }
  await encoder.close()
})

test('an encoder of the default shape stays within 100 kB as brotli', () => {
  const network = randomNetwork()
  const bytes = writeEncoderOnnx(modelOf(network))
  expect(brotliCompressSync(bytes).length).toBeLessThan(100_000)
  expect(brotliCompressSync(bytes).length).toBeGreaterThan(10_000)
})
