import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { RecError } from '#contract/errors'

/** One step from a schema version to the next; the version of a database is the number of its steps. Steps are never edited, only added. */
export type Migration<S extends DBSchema> = (db: IDBPDatabase<S>) => void

/** A database that is opened at the first use and again after the browser or another tab closed it. */
export interface Connection<S extends DBSchema> {
  /** Runs one piece of work on the open database; failures become RecErrors. */
  use<T>(run: (db: IDBPDatabase<S>) => Promise<T>): Promise<T>
  close(): void
}

/** A tab of an older schema that does not let go within this time costs the visitor persistence, not the page. */
const OPEN_DEADLINE_MS = 4_000

/** Wires a connection; nothing is opened yet. */
export function createConnection<S extends DBSchema>(name: string, migrations: readonly Migration<S>[]): Connection<S> {
  let opened: Promise<IDBPDatabase<S>> | undefined
  const forget = (): void => {
    opened = undefined
  }
  const open = (): Promise<IDBPDatabase<S>> => {
    const opening = openDB<S>(name, migrations.length, {
      upgrade: (db, from) => {
        for (const migrate of migrations.slice(from)) migrate(db)
      },
      blocking: (_current, _blocked, event) => {
        forget()
        closeTarget(event)
      },
      terminated: forget,
    })
    return withDeadline(opening)
  }
  const use = async <T>(run: (db: IDBPDatabase<S>) => Promise<T>, again = true): Promise<T> => {
    opened ??= open()
    const current = opened
    try {
      return await run(await current)
    } catch (thrown) {
      if (opened === current && isConnectionLost(thrown)) forget()
      if (again && isConnectionLost(thrown)) return use(run, false)
      throw storageError(thrown)
    }
  }
  return {
    use,
    close: () => {
      opened?.then((db) => db.close()).catch(forget)
      forget()
    },
  }
}

function closeTarget(event: IDBVersionChangeEvent): void {
  const target = event.target
  if (target !== null && 'close' in target && typeof target.close === 'function') target.close()
}

function withDeadline<T extends { close(): void }>(opening: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new RecError('storage-refused', 'the browser did not open its storage in time'))
      opening.then((db) => db.close()).catch(() => undefined)
    }, OPEN_DEADLINE_MS)
    opening.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function isConnectionLost(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'InvalidStateError'
}

/** Gives what IndexedDB throws a code of ours. */
export function storageError(thrown: unknown): RecError {
  if (thrown instanceof RecError) return thrown
  const name = thrown instanceof Error ? thrown.name : 'unknown'
  return name === 'QuotaExceededError'
    ? new RecError('quota-exceeded', 'the browser has no room for more', {}, { cause: thrown })
    : new RecError('storage-refused', 'the browser refused its storage', { name }, { cause: thrown })
}
