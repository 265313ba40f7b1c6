import { RecError } from '#contract/errors'
import { nextListsName } from '#contract/next-lists'
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

type Engine = Settings['engine']

export type StorageParts = {
  readonly connection: Pick<Connection, 'call' | 'restart'>
  readonly settings: Settings | RecError
  readonly pending: PendingEvents
  /** Where the answer is kept; null where the browser refuses. */
  readonly answers: () => PendingStore | null
  /** Where events wait once they may be kept. */
  readonly waiting: () => PendingStore | null
  /** The visitor's choice about sending, made in this page. */
  readonly consent: () => ConsentRecord | null
}

/** Carries out the visitor's answer; where it was no in an earlier page, what a tab left behind since is erased now. */
export function createStorageChoice(parts: StorageParts): StorageChoice & {
  /** Carries out what was answered in another page meanwhile. */
  follow(): Promise<void>
} {
  const { connection, settings, pending } = parts
  let current: StorageMode | 'ask' = settings instanceof RecError ? 'memory' : settings.storage
  const keep = async (engine: Engine): Promise<StorageMode> => {
    const profile = await connection.call('exportProfile')
    const consent = parts.consent()
    if (current !== 'persistent') return 'memory' // taken back meanwhile
    connection.restart({ ...engine, storage: 'persistent' })
    pending.moveTo(parts.waiting())
    await connection.call('importProfile', profile)
    if (consent !== null) await connection.call('setConsent', consent)
    return (await connection.call('status')).storage
  }
  const erase = async (engine: Engine, isOurs: boolean): Promise<StorageMode> => {
    pending.clear()
    pending.moveTo(null)
    try {
      // Only where the visitor answered: the engine there needs what is kept to ask the edge for deletion.
      if (isOurs) await connection.call('forget')
    } finally {
      // Also where the engine could not forget; not where the visitor agreed again meanwhile.
      if (current !== 'persistent') {
        connection.restart({ ...engine, storage: 'memory' })
        if (!isOurs) await connection.call('status').catch(() => null) // shelves draw anew by this start, and the other page has forgotten by its end
        await eraseKept(engine)
      }
    }
    return 'memory'
  }
  const turn = async (engine: Engine, choice: StorageMode, isOurs: boolean): Promise<StorageMode> => {
    const before = current
    current = choice
    if (choice === 'persistent') return before === choice ? choice : keep(engine)
    return before === 'persistent' ? erase(engine, isOurs) : choice
  }
  const asking = settings instanceof RecError || !settings.asksStorage ? null : settings.engine
  if (asking && current === 'memory') void eraseKept(asking).catch(() => null) // the next page tries again
  return {
    choice: () => current,
    async choose(choice) {
      if (settings instanceof RecError) throw settings
      if (!asking) throw new RecError('config-invalid', 'storage (data-storage) must be ask')
      writeAnswer(parts.answers(), choice)
      return turn(asking, choice, true)
    },
    async follow() {
      const answer = readAnswer(parts.answers())
      if (asking && answer !== 'ask' && answer !== current) await turn(asking, answer, false)
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

/** Removes what is kept of a site at its edge; a database that another tab has open goes when that tab does. */
async function eraseKept(engine: Engine): Promise<void> {
  await globalThis.caches?.delete(nextListsName(engine)) // a page without https has no caches
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('pocketshelf:') || !name.endsWith(`:${engine.edge}|${engine.site}`)) continue
    await new Promise((done) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = request.onerror = request.onblocked = done
    })
  }
}
