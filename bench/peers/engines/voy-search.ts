import { Voy } from 'voy-search'
import type { PeerEngine } from '../peer-engine.ts'

let index: Voy | null = null

/** A k-d tree, stored as the text that it serialises to. */
export const engine: PeerEngine = {
  build: async (rows, dim) => {
    const embeddings = Array.from({ length: rows.length / dim }, (_, row) => ({
      id: String(row),
      title: '',
      url: '',
      embeddings: [...rows.subarray(row * dim, (row + 1) * dim)],
    }))
    const built = new Voy({ embeddings })
    return new TextEncoder().encode(built.serialize())
  },
  load: async (stored) => {
    index = Voy.deserialize(new TextDecoder().decode(stored))
  },
  search: (query, k) => index?.search(query, k).neighbors.map(({ id }) => Number(id)) ?? [],
}
