import { RecError, toRecError } from '#contract/errors'
import type { EngineDeps } from '../deps.ts'
import { type EdgeClient, passingCode } from '../release/edge.ts'
import { backoffMs } from './backoff.ts'
import { type GuardedStore, settingOf } from './guarded-store.ts'

/** A page that opens has other things to do first, ms. */
const CALM_MS = 5_000

const KEY = 'deletions'

export type DeletionParts = {
  readonly deps: Pick<EngineDeps, 'after' | 'random'>
  readonly store: GuardedStore
  readonly edge: EdgeClient
  readonly report: (error: RecError) => void
}

/**
 * Asks the edge to delete what it got under this device's pseudonyms. Names that it did not confirm are all that is kept of a visitor who had everything
 * forgotten, and are asked for again, in later visits too.
 */
export class Deletions {
  readonly #parts: DeletionParts
  readonly #names = new Set<string>()
  #failures = 0
  #cancel: (() => void) | null = null

  constructor(parts: DeletionParts) {
    this.#parts = parts
  }

  /** Reads what earlier visits, or other tabs, still want deleted. */
  async load(): Promise<void> {
    const settings = (await this.#parts.store.read('settings')) ?? []
    const found = settingOf(settings, KEY) as readonly string[] | undefined // written here alone
    for (const name of found ?? []) this.#names.add(name)
  }

  /** Asks in a while for what earlier visits could not have deleted. */
  resume(): void {
    this.#later(CALM_MS)
  }

  /** Asks for these and what is left of earlier ones. Never rejects. */
  async ask(names: readonly string[]): Promise<void> {
    for (const name of names) this.#names.add(name)
    if (this.#names.size === 0) return
    this.stop()
    const before = [...this.#names]
    const waits = await Promise.all(before.map((name) => this.#send(name)))
    const left = [...this.#names]
    const value = left.length > 0 ? left : undefined
    await this.#parts.store.write([{ kind: 'settings', key: KEY, value }])
    if (left.length === 0) this.#failures = 0
    else this.#later(Math.max(...waits, backoffMs(this.#failures++, this.#parts.deps.random)))
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  /** @returns Wait that the edge asks for, ms. */
  async #send(name: string): Promise<number> {
    const { edge, report } = this.#parts
    try {
      const { status, retryAfterMs } = await edge.send('DELETE', `pseudonyms/${name}`)
      const isPassing = status === 408 || status === 429 || status >= 500
      if (!isPassing) this.#names.delete(name)
      if (status >= 300)
        report(new RecError(passingCode(status) ?? 'bad-request', 'the edge did not delete a pseudonym', { status }))
      return retryAfterMs ?? 0
    } catch (thrown) {
      report(toRecError(thrown, 'edge-unreachable'))
      return 0
    }
  }

  #later(delayMs: number): void {
    this.stop()
    this.#cancel = this.#parts.deps.after(delayMs, () => void this.load().then(() => this.ask([])))
  }
}
