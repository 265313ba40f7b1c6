import { livePointer } from './forged.ts'
import type { OpenSite } from './open-site.ts'

/** Paths on the wire of what a first visit asks for, by the kind of object; `next` is the cell after the first. */
export type ReleasePaths = Readonly<Record<ObjectKind, string>>

export type ObjectKind =
  | 'pointer'
  | 'manifest'
  | 'shard table'
  | 'dictionaries'
  | 'Gramian'
  | 'trees'
  | 'ONNX model'
  | 'head vectors'
  | 'head voters'
  | 'head columns'
  | 'head cards'
  | 'next vectors'
  | 'next voters'
  | 'next columns'
  | 'next cards'
  | 'graph'

type Ref = { readonly hash: string }
type Manifest = {
  readonly shardTable: Ref
  readonly dictionaries: Ref
  readonly spaces: readonly { readonly gramian: Ref }[]
  readonly rankers: readonly { readonly trees: Ref; readonly onnx: Ref }[]
}

/** Reads from the edge itself which objects its live release is made of. */
export async function readReleasePaths(site: OpenSite): Promise<ReleasePaths> {
  const base = '/v1/sites/demo'
  const path = (ref: Ref | undefined) => `${base}/objects/${ref?.hash}`
  const pointer = await livePointer(site)
  const manifestPath = path({ hash: pointer.manifest })
  const manifest: Manifest = await (await fetch(site.url + manifestPath)).json()
  const table = await (await fetch(site.url + path(manifest.shardTable))).arrayBuffer()
  const { cells, graph } = readHashes(Buffer.from(table))
  const [head = [], next = []] = cells.map((hashes) => hashes.map((hash) => path({ hash })))
  const [ranker] = manifest.rankers
  return {
    pointer: `${base}/channels/main`,
    manifest: manifestPath,
    'shard table': path(manifest.shardTable),
    dictionaries: path(manifest.dictionaries),
    Gramian: path(manifest.spaces[0]?.gramian),
    trees: path(ranker?.trees),
    'ONNX model': path(ranker?.onnx),
    'head vectors': head[0] ?? '',
    'head voters': head[1] ?? '',
    'head columns': head[2] ?? '',
    'head cards': head[3] ?? '',
    'next vectors': next[0] ?? '',
    'next voters': next[1] ?? '',
    'next columns': next[2] ?? '',
    'next cards': next[3] ?? '',
    graph: path({ hash: graph }),
  }
}

/** Hashes out of a shard table as `docs/formats` describes it: for each cell vectors of the first space, voters, columns, cards of the first locale, and the first graph. */
function readHashes(file: Buffer): { readonly cells: readonly string[][]; readonly graph: string } {
  const count = file.readUInt16LE(6)
  const sections = new Map<number, Buffer>()
  for (let at = 8; at < 8 + 16 * count; at += 16) {
    const offset = file.readUInt32LE(at + 4)
    sections.set(file.readUInt32LE(at), file.subarray(offset, offset + file.readUInt32LE(at + 8)))
  }
  const header = sections.get(1) ?? Buffer.alloc(20)
  const [cellCount = 0, spaces = 0, locales = 0] = [0, 4, 8].map((at) => header.readUInt32LE(at))
  const objects = spaces + 2 + locales
  const kinds = [0, spaces, spaces + 1, spaces + 2]
  const hashAt = (section: number, place: number) =>
    sections.get(section)?.toString('hex', place * 32, (place + 1) * 32) ?? ''
  return {
    cells: Array.from({ length: cellCount }, (_, cell) => kinds.map((kind) => hashAt(3, objects * cell + kind))),
    graph: hashAt(6, 0),
  }
}

/** A page, or a visitor's. */
export type Runs = { evaluate<R>(run: () => Promise<R>): Promise<R> }

/** Names of the objects in the page's storage, each with whether its bytes are those that the name stands for. */
export function readStoredObjects(page: Runs): Promise<{ readonly hash: string; readonly isWhole: boolean }[]> {
  return page.evaluate(async () => {
    const wait = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((settle, fail) => {
        request.onsuccess = () => settle(request.result)
        request.onerror = () => fail(request.error)
      })
    const all = (await indexedDB.databases()).map(({ name = '' }) => name)
    const name = all.find((known) => known.startsWith('pocketshelf:shards:'))
    if (name === undefined) return []
    const db = await wait(indexedDB.open(name))
    const store = db.transaction('objects').objectStore('objects')
    const [keys, values] = await Promise.all([wait(store.getAllKeys()), wait(store.getAll())])
    db.close()
    const check = async (key: IDBValidKey, i: number) => {
      const { coding, bytes } = values[i] as { coding: string; bytes: Uint8Array<ArrayBuffer> }
      const stored = new Blob([bytes]).stream()
      const plain = coding === 'gzip' ? stored.pipeThrough(new DecompressionStream('gzip')) : stored
      const digest = await crypto.subtle.digest('SHA-256', await new Response(plain).arrayBuffer())
      const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
      return { hash: String(key), isWhole: hex === key }
    }
    return Promise.all(keys.map(check))
  })
}
