import init, { EdgeVec, EdgeVecConfig } from 'edgevec'
import type { PeerEngine } from '../peer-engine.ts'

const EF_SEARCH = 100

let index: EdgeVec | null = null
const rowOfId = new Map<number, number>()

/** HNSW with the library's defaults but for the search width. */
export const engine: PeerEngine = {
  note: 'version 0.9.0 cannot read the index that it saves (ERR_CORRUPTION): ready means that all vectors were inserted again',
  build: async (rows) => new Uint8Array(rows.slice().buffer),
  load: async (stored, dim) => {
    await init()
    const config = new EdgeVecConfig(dim)
    config.metric = 'l2'
    config.ef_search = EF_SEARCH
    index = new EdgeVec(config)
    const rows = new Float32Array(stored.buffer)
    for (let at = 0; at < rows.length; at += dim) rowOfId.set(index.insert(rows.slice(at, at + dim)), at / dim)
  },
  search: (query, k) => {
    const found = index?.search(query, k) as readonly { readonly id: number }[] // as its declarations describe the answer
    return found.map(({ id }) => rowOfId.get(id) ?? -1)
  },
}
