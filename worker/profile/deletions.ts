import { RecError, toRecError } from '#contract/errors'
import type { EngineDeps } from '../deps.ts'
import type { EdgeClient } from '../release/edge.ts'
import type { GuardedStore } from './guarded-store.ts'

/** Waits before the edge is asked again, ms: the first, doubled each time up to the last. */
const BACKOFF_MS = { first: 5_000, most: 600_000 } as const

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
    const found = settings.find(({ key }) => key === KEY)?.value as readonly string[] | undefined // written here alone
    for (const name of found ?? []) this.#names.add(name)
  }

  /** Asks soon for what `load` found. */
  schedule(): void {
    if (this.#names.size > 0) this.#later(BACKOFF_MS.first)
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
    else this.#later(Math.max(...waits, this.#backoffMs()))
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
      if (status >= 300) report(new RecError(codeOf(status), 'the edge did not delete a pseudonym', { status }))
      return retryAfterMs ?? 0
    } catch (thrown) {
      report(toRecError(thrown, 'edge-unreachable'))
      return 0
    }
  }

  #backoffMs(): number {
    const backoffMs = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures++)
    return backoffMs * (0.5 + this.#parts.deps.random() / 2)
  }

  #later(delayMs: number): void {
    this.stop()
    this.#cancel = this.#parts.deps.after(delayMs, () => void this.ask([]))
  }
}

function codeOf(status: number): 'rate-limited' | 'edge-unreachable' | 'bad-request' {
  return status === 429 ? 'rate-limited' : status >= 500 ? 'edge-unreachable' : 'bad-request'
}
