import type { DBSchema } from 'idb'
import { type Compact, decodeCompact, encodeCompact } from './compact.ts'
import { type Connection, createConnection, type Migration } from './idb-connection.ts'
import type { ShardStore, StoredSize } from './ports.ts'

/** Sizes and ages stand apart from the bytes, so that eviction never reads an object. */
interface Schema extends DBSchema {
  objects: { key: string; value: Compact }
  uses: { key: string; value: { storedBytes: number; usedAt: number }; indexes: { usedAt: number } }
  state: { key: string; value: unknown }
}

const MIGRATIONS: readonly Migration<Schema>[] = [
  (db) => {
    db.createObjectStore('objects')
    db.createObjectStore('uses').createIndex('usedAt', 'usedAt')
    db.createObjectStore('state')
  },
]

/** Release objects in IndexedDB. */
export function createIdbShards(name: string): ShardStore {
  const connection = createConnection<Schema>(name, MIGRATIONS)
  return {
    get: (hash) => get(connection, hash),
    put: (hash, bytes, usedAt) => put(connection, hash, { bytes, usedAt }),
    remove: (hashes) => remove(connection, hashes),
    sizes: () => sizes(connection),
    touch: (hashes, usedAt) => touch(connection, hashes, usedAt),
    readState: (key) => connection.use((db) => db.get('state', key)),
    writeState: (key, value) =>
      connection.use(async (db) => {
        await db.put('state', value, key)
      }),
    close: () => connection.close(),
  }
}

type Shards = Connection<Schema>

async function get(connection: Shards, hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await connection.use((db) => db.get('objects', hash))
  if (found === undefined) return undefined
  try {
    return await decodeCompact(found)
  } catch {
    await remove(connection, [hash])
    return undefined
  }
}

async function put(
  connection: Shards,
  hash: string,
  { bytes, usedAt }: { readonly bytes: Uint8Array; readonly usedAt: number },
): Promise<number> {
  const compact = await encodeCompact(bytes)
  const use = { storedBytes: compact.bytes.length, usedAt }
  await connection.use(async (db) => {
    const tx = db.transaction(['objects', 'uses'], 'readwrite')
    await Promise.all([tx.objectStore('objects').put(compact, hash), tx.objectStore('uses').put(use, hash), tx.done])
  })
  return use.storedBytes
}

function remove(connection: Shards, hashes: readonly string[]): Promise<void> {
  return connection.use(async (db) => {
    const tx = db.transaction(['objects', 'uses'], 'readwrite')
    const done = hashes.flatMap((hash) => [tx.objectStore('objects').delete(hash), tx.objectStore('uses').delete(hash)])
    await Promise.all([...done, tx.done])
  })
}

function sizes(connection: Shards): Promise<StoredSize[]> {
  return connection.use(async (db) => {
    const index = db.transaction('uses').store.index('usedAt')
    const [hashes, uses] = await Promise.all([index.getAllKeys(), index.getAll()]) // both in the order of the index
    return hashes.map((hash, i) => ({ hash, storedBytes: uses[i]?.storedBytes ?? 0 }))
  })
}

function touch(connection: Shards, hashes: readonly string[], usedAt: number): Promise<void> {
  return connection.use(async (db) => {
    const tx = db.transaction('uses', 'readwrite')
    for (const hash of hashes) {
      const use = await tx.store.get(hash)
      if (use !== undefined) await tx.store.put({ ...use, usedAt }, hash)
    }
    await tx.done
  })
}
