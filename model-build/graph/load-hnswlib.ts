import { type HnswFactory, type HnswLibrary, startHnswlib } from '#worker/core/hnsw/hnsw-library'
import { importHnswlib } from '../../tools/hnsw-patch.ts'

/** The patched hnswlib-wasm in Node: the same engine that browsers run. */
export async function loadHnswlib(): Promise<HnswLibrary> {
  const { factory, wasm } = await importHnswlib()
  return startHnswlib(factory as HnswFactory, wasm) // the pinned file's default export
}
