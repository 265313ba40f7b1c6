import type { DBSchema } from 'idb'
import { createConnection, type Migration } from './idb-connection.ts'
import { PROFILE_KINDS, type ProfileKind, type ProfileStore } from './ports.ts'

type Schema = DBSchema & { [Kind in ProfileKind]: { key: string; value: unknown } }

const MIGRATIONS: readonly Migration<Schema>[] = [
  (db) => {
    for (const kind of PROFILE_KINDS) db.createObjectStore(kind)
  },
]

/** The profile in IndexedDB, one object store per kind. */
export function createIdbProfile(name: string): ProfileStore {
  const connection = createConnection<Schema>(name, MIGRATIONS)
  return {
    read: (kind) =>
      connection.use(async (db) => {
        const tx = db.transaction(kind)
        const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()])
        return keys.map((key, i) => ({ key, value: values[i] }))
      }),
    write: (changes) =>
      connection.use(async (db) => {
        if (changes.length === 0) return
        const kinds = [...new Set(changes.map(({ kind }) => kind))]
        const tx = db.transaction(kinds, 'readwrite')
        const done: Promise<unknown>[] = []
        try {
          for (const { kind, key, value } of changes) {
            const store = tx.objectStore(kind)
            done.push(value === undefined ? store.delete(key) : store.put(value, key))
          }
          await Promise.all([...done, tx.done])
        } catch (thrown) {
          await abort(tx, done)
          throw thrown
        }
      }),
    clear: () =>
      connection.use(async (db) => {
        const tx = db.transaction(PROFILE_KINDS, 'readwrite')
        await Promise.all([...PROFILE_KINDS.map((kind) => tx.objectStore(kind).clear()), tx.done])
      }),
    close: () => connection.close(),
  }
}

/** Takes back what a transaction did so far: a value that cannot be cloned throws without ending it. */
async function abort(
  tx: { abort(): void; readonly done: Promise<void> },
  requests: readonly Promise<unknown>[],
): Promise<void> {
  const ended = Promise.allSettled([...requests, tx.done]) // the caller throws the cause
  try {
    tx.abort()
  } catch {
    // it had ended by itself
  }
  await ended
}
