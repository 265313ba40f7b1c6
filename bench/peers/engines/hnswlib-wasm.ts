import { type HierarchicalNSW, loadHnswlib, syncFileSystem } from 'hnswlib-wasm'
import { openDB } from 'idb'
import type { PeerEngine } from '../peer-engine.ts'

const FILE = 'peers.dat'
const FILES = '/hnswlib-index'

/** Version and layout of Emscripten's IDBFS, which the library keeps its files in. */
const IDBFS = { version: 21, store: 'FILE_DATA', mode: 0o100666 } as const
const LINKS = 16
const EF_CONSTRUCTION = 200
const EF_SEARCH = 100

let index: HierarchicalNSW | null = null

/** As its README does it: an index file in the library's own IndexedDB file system. */
export const engine: PeerEngine = {
  build: async (rows, dim) => {
    const library = await loadHnswlib()
    const built = new library.HierarchicalNSW('ip', dim, '')
    const count = rows.length / dim
    built.initIndex(count, LINKS, EF_CONSTRUCTION, 100)
    for (let row = 0; row < count; row++) built.addPoint(rows.subarray(row * dim, (row + 1) * dim), row, false)
    await built.writeIndex(FILE)
    await syncFileSystem('write')
    const files = await openDB(FILES)
    const { contents } = await files.get(IDBFS.store, `${FILES}/${FILE}`)
    files.close()
    return contents.slice()
  },
  place: async (stored) => {
    const files = await openDB(FILES, IDBFS.version, {
      upgrade: (opened) => opened.createObjectStore(IDBFS.store).createIndex('timestamp', 'timestamp'),
    })
    const file = { timestamp: new Date(), mode: IDBFS.mode, contents: stored }
    await files.put(IDBFS.store, file, `${FILES}/${FILE}`)
    files.close()
  },
  load: async (_stored, dim) => {
    const library = await loadHnswlib()
    await syncFileSystem('read')
    index = new library.HierarchicalNSW('ip', dim, '')
    await index.readIndex(FILE, 1_000_000)
  },
  search: (query, k) => {
    index?.setEfSearch(Math.max(EF_SEARCH, k))
    return index?.searchKnn(query, k, undefined).neighbors ?? []
  },
}
