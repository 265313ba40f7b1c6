import type { PeerEngine } from '../peer-engine.ts'

let rows = new Float32Array(0)
let width = 1

/** Exact search as one writes it first: all inner products, then a sort. */
export const engine: PeerEngine = {
  build: async (values) => new Uint8Array(values.slice().buffer),
  load: async (stored, dim) => {
    rows = new Float32Array(stored.buffer)
    width = dim
  },
  search: (query, k) => {
    const scores = new Float32Array(rows.length / width)
    for (let row = 0; row < scores.length; row++) {
      let sum = 0
      for (let d = 0, at = row * width; d < width; d++, at++) sum += (rows[at] ?? 0) * (query[d] ?? 0)
      scores[row] = sum
    }
    const order = Uint32Array.from(scores.keys())
    return [...order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).subarray(0, k)]
  },
}
