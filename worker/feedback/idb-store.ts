import type { DBSchema } from 'idb'
import type { Material } from '#worker/core/feedback/answers'
import { EMPTY_STATE, type FeedbackState, type FeedbackStore, isEmptyState } from '#worker/core/feedback/store'
import { createConnection, type Migration } from '../store/idb-connection.ts'

interface Schema extends DBSchema {
  state: { key: string; value: FeedbackState }
  events: { key: string; value: Material }
}

const MIGRATIONS: readonly Migration<Schema>[] = [
  (db) => {
    db.createObjectStore('state')
    db.createObjectStore('events')
  },
]

const KEY = 'state'

/** The feedback's own database: state and events under one read-write transaction per update. */
export function createIdbFeedback(name: string): FeedbackStore {
  const connection = createConnection<Schema>(name, MIGRATIONS)
  return {
    update: (decide) =>
      connection.use(async (db) => {
        const tx = db.transaction(['state', 'events'], 'readwrite', { durability: 'strict' })
        const lists = tx.objectStore('events')
        const [found, keys, values] = await Promise.all([
          tx.objectStore('state').get(KEY),
          lists.getAllKeys(),
          lists.getAll(),
        ])
        const known = new Map(keys.map((key, i) => [key, values[i]]))
        const { value, state, events = new Map() } = decide(found ?? EMPTY_STATE, known)
        const written: Promise<unknown>[] = []
        const states = tx.objectStore('state')
        if (state !== undefined) written.push(isEmptyState(state) ? states.delete(KEY) : states.put(state, KEY))
        for (const [key, material] of events)
          written.push(material === null ? lists.delete(key) : lists.put(material, key))
        await Promise.all([...written, tx.done])
        return value
      }),
    close: () => connection.close(),
  }
}
