import { create, insertMultiple, load, save, searchVector } from '@orama/orama'
import type { PeerEngine } from '../peer-engine.ts'

const open = (dim: number) => create({ schema: { embedding: `vector[${dim}]` } as const })

let index = open(1)

/** A document per vector; its own JSON form is what is stored. */
export const engine: PeerEngine = {
  build: async (rows, dim) => {
    const built = open(dim)
    const documents = Array.from({ length: rows.length / dim }, (_, row) => ({
      id: String(row),
      embedding: [...rows.subarray(row * dim, (row + 1) * dim)],
    }))
    await insertMultiple(built, documents, 1_000)
    return new TextEncoder().encode(JSON.stringify(save(built)))
  },
  load: async (stored, dim) => {
    index = open(dim)
    load(index, JSON.parse(new TextDecoder().decode(stored)))
  },
  search: async (query, k) => {
    const vector = { value: [...query], property: 'embedding' as const }
    const { hits } = await searchVector(index, { mode: 'vector', vector, similarity: 0, limit: k })
    return hits.map(({ id }) => Number(id))
  },
}
