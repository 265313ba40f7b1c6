import type { Page } from '@playwright/test'
import { decodeShardTable } from '#contract/shard-table'
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
  const { cells, graphs } = decodeShardTable(new Uint8Array(table))
  const [head, next] = cells.map(({ objects }) => objects)
  const [ranker] = manifest.rankers
  return {
    pointer: `${base}/channels/main`,
    manifest: manifestPath,
    'shard table': path(manifest.shardTable),
    dictionaries: path(manifest.dictionaries),
    Gramian: path(manifest.spaces[0]?.gramian),
    trees: path(ranker?.trees),
    'ONNX model': path(ranker?.onnx),
    'head vectors': path(head?.vectors[0]),
    'head voters': path(head?.voters),
    'head columns': path(head?.columns),
    'head cards': path(head?.cards[0]),
    'next vectors': path(next?.vectors[0]),
    'next voters': path(next?.voters),
    'next columns': path(next?.columns),
    'next cards': path(next?.cards[0]),
    graph: path(graphs[0]),
  }
}

/** Names of the objects in the page's storage, each with whether its bytes are those that the name stands for. */
export function readStoredObjects(page: Page): Promise<{ readonly hash: string; readonly isWhole: boolean }[]> {
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
