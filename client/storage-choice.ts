import { RecError } from '#contract/errors'
import type { ConsentRecord, StorageMode } from '#contract/rpc'
import type { Connection } from './connection.ts'
import type { Settings } from './options.ts'
import type { PendingEvents, PendingStore } from './pending-events.ts'

/** Holds the answer and nothing else; it is all that is kept of a visitor who said no. */
const KEY = 'pocketshelf:keep'

/** What the visitor answered in an earlier page; `ask` where there is no answer, or none can be kept. */
export function readAnswer(store: PendingStore | null): StorageMode | 'ask' {
  try {
    const answer = store?.getItem(KEY)
    return answer === 'persistent' || answer === 'memory' ? answer : 'ask'
  } catch {
    return 'ask'
  }
}

/**
 * Whether this browser may keep anything of ours, where the site asks for it (`storage: 'ask'`).
 * @public
 */
export interface StorageChoice {
  /** What is in force; `ask` while there is no answer: everything works, and ends with the page. */
  choice(): StorageMode | 'ask'
  /**
   * Keeps from now on, with what this page has learnt so far; or erases everything of ours from this browser and goes on in memory.
   * The answer itself is remembered either way. @returns The mode afterwards: `memory` also where the browser refuses storage.
   * @throws RecError `config-invalid` where the site does not ask
   */
  choose(choice: StorageMode): Promise<StorageMode>
}

export type StorageParts = {
  readonly connection: Connection
  readonly settings: Settings | RecError
  readonly pending: PendingEvents
  /** Where the answer is kept; null where the browser refuses. */
  readonly answers: () => PendingStore | null
  /** Where events wait once they may be kept. */
  readonly waiting: () => PendingStore | null
  /** The visitor's choice about sending, made in this page. */
  readonly consent: () => ConsentRecord | null
}

/** Carries out the visitor's answer. */
export function createStorageChoice(parts: StorageParts): StorageChoice {
  const { connection, settings, pending } = parts
  let current: StorageMode | 'ask' = settings instanceof RecError ? 'memory' : settings.storage
  const keep = async (engine: Settings['engine']): Promise<StorageMode> => {
    const profile = await connection.call('exportProfile')
    const consent = parts.consent()
    connection.restart({ ...engine, storage: 'persistent' })
    pending.moveTo(parts.waiting())
    await connection.call('importProfile', profile)
    if (consent !== null) await connection.call('setConsent', consent)
    return (await connection.call('status')).storage
  }
  const erase = async (engine: Settings['engine']): Promise<StorageMode> => {
    pending.clear()
    pending.moveTo(null)
    await connection.call('forget')
    connection.restart({ ...engine, storage: 'memory' })
    await eraseDatabases(`:${engine.edge}|${engine.site}`)
    return 'memory'
  }
  return {
    choice: () => current,
    async choose(choice) {
      if (settings instanceof RecError) throw settings
      if (!settings.asksStorage) throw new RecError('config-invalid', 'storage (data-storage) must be ask')
      const before = current
      current = choice
      writeAnswer(parts.answers(), choice)
      if (choice === 'persistent') return before === 'persistent' ? choice : keep(settings.engine)
      return before === 'persistent' ? erase(settings.engine) : choice
    },
  }
}

function writeAnswer(store: PendingStore | null, choice: StorageMode): void {
  try {
    store?.setItem(KEY, choice)
  } catch {
    // the browser keeps nothing: asked again next time
  }
}

/** Removes databases by the end of their names; one that another tab has open goes when that tab does. */
async function eraseDatabases(ending: string): Promise<void> {
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('pocketshelf:') || !name.endsWith(ending)) continue
    await new Promise((done) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = request.onerror = request.onblocked = done
    })
  }
}
