import { HNSW } from 'mememo'
import type { PeerEngine } from '../peer-engine.ts'

const EF_SEARCH = 100

type Stored = { index: Parameters<HNSW['loadIndex']>[0]; values: number[][] }

const open = () => new HNSW({ distanceFunction: 'cosine-normalized' })

let index = open()

/** HNSW in JavaScript with its defaults; graph and vectors as JSON, as its functions give and take them. */
export const engine: PeerEngine = {
  build: async (rows, dim) => {
    const built = open()
    const values = Array.from({ length: rows.length / dim }, (_, row) => [...rows.subarray(row * dim, (row + 1) * dim)])
    await built.bulkInsert(
      values.map((_, row) => String(row)),
      values,
    )
    const stored: Stored = { index: built.exportIndex(), values }
    return new TextEncoder().encode(JSON.stringify(stored))
  },
  load: async (bytes) => {
    const { index: graph, values } = JSON.parse(new TextDecoder().decode(bytes)) as Stored // written above
    index = open()
    index.loadIndex(graph)
    await index.bulkInsertSkipIndex(
      values.map((_, row) => String(row)),
      values,
    )
  },
  search: async (query, k) => (await index.query([...query], k, Math.max(EF_SEARCH, k))).keys.map(Number),
}
