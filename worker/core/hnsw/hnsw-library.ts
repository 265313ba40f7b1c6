import { toRecError } from '#contract/errors'

/** One index of the library. Argument counts are enforced by it. */
export interface HnswIndex {
  initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void
  addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void
  readIndex(name: string, maxElements: number): unknown
  writeIndex(name: string): unknown
  setEfSearch(ef: number): void
  searchKnn(query: Float32Array, k: number, filter: undefined): { readonly neighbors: readonly number[] }
  /** Frees the index's memory. */
  delete(): void
}

/** What the patched hnswlib-wasm offers (its build-time patch exposes `FS`). */
export interface HnswLibrary {
  readonly HierarchicalNSW: new (space: 'l2' | 'ip' | 'cosine', dim: number, autoSave: '') => HnswIndex
  readonly FS: {
    mkdir(path: string): void
    writeFile(path: string, bytes: Uint8Array, options: { readonly canOwn: boolean }): void
    readFile(path: string): Uint8Array
    unlink(path: string): void
  }
}

/** The module factory: default export of the patched `hnswlib.js`. */
export type HnswFactory = (options: {
  readonly wasmBinary: Uint8Array
  readonly print: (text: string) => void
  readonly printErr: (text: string) => void
}) => Promise<HnswLibrary>

const FOLDER = '/hnswlib-index'

/** Where the library looks for a file of that name. */
export function libraryPath(name: string): string {
  return `${FOLDER}/${name}`
}

/**
 * Starts the library once; nothing touches IndexedDB.
 * @param wasm - Bytes of `hnswlib.wasm`, checked by whoever fetched them.
 * @throws RecError `engine-unavailable`
 */
export async function startHnswlib(factory: HnswFactory, wasm: Uint8Array): Promise<HnswLibrary> {
  const ignore = () => undefined
  try {
    const library = await factory({ wasmBinary: wasm, print: ignore, printErr: ignore })
    library.FS.mkdir(FOLDER)
    return library
  } catch (thrown) {
    throw toRecError(thrown, 'engine-unavailable')
  }
}
