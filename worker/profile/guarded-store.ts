import { type RecError, toRecError } from '#contract/errors'
import type { ProfileChange, ProfileKind, ProfileRecord, ProfileStore } from '../store/ports.ts'

/**
 * A profile store that never fails its caller: what storage refuses is reported and stays in the memory of the parts that
 * wrote it. A full disk gets one more try after `makeRoom`, since shards can be fetched again and a profile cannot.
 */
export class GuardedStore {
  /** Whether a write was refused, so that the store knows less than its writers. */
  isBehind = false
  readonly #store: ProfileStore
  readonly #report: (error: RecError) => void
  readonly #makeRoom: () => Promise<number>

  constructor(store: ProfileStore, report: (error: RecError) => void, makeRoom: () => Promise<number>) {
    this.#store = store
    this.#report = report
    this.#makeRoom = makeRoom
  }

  /** Records of a kind, or null where the store cannot be read. */
  async read(kind: ProfileKind): Promise<ProfileRecord[] | null> {
    try {
      return await this.#store.read(kind)
    } catch (thrown) {
      this.#report(toRecError(thrown, 'storage-refused'))
      return null
    }
  }

  /** @returns Whether the changes are stored. */
  async write(changes: readonly ProfileChange[]): Promise<boolean> {
    try {
      await this.#store.write(changes)
      return true
    } catch (thrown) {
      const error = toRecError(thrown, 'storage-refused')
      if (error.code === 'quota-exceeded' && (await this.#makeRoom()) > 0) {
        try {
          await this.#store.write(changes)
          return true
        } catch (again) {
          return this.#lose(toRecError(again, 'storage-refused'))
        }
      }
      return this.#lose(error)
    }
  }

  /** @returns Whether the store is empty now. */
  async clear(): Promise<boolean> {
    try {
      await this.#store.clear()
      this.isBehind = false
      return true
    } catch (thrown) {
      this.#report(toRecError(thrown, 'storage-refused'))
      return false
    }
  }

  #lose(error: RecError): false {
    this.isBehind = true
    this.#report(error)
    return false
  }
}

/** One of the records of kind `settings`; undefined where there is none. */
export function settingOf(settings: readonly ProfileRecord[], key: string): unknown {
  return settings.find((record) => record.key === key)?.value
}
