import { type RecError, toRecError } from '#contract/errors'
import type { EngineDeps } from './deps.ts'
import type { ObjectSource } from './release/objects.ts'

const DELAY_MS = 20_000
const AUDITED_OBJECTS = 4

export type StoreAuditParts = {
  readonly source: ObjectSource
  /** Objects of the release in use. */
  readonly hashes: () => ReadonlySet<string>
  /** Stored objects were not what they were; the source has dropped them. */
  readonly lost: () => Promise<void>
  readonly report: (error: RecError) => void
}

/** Looks once a page, long after everything is there, whether a few stored objects are still what they were. */
export class StoreAudit {
  readonly #deps: Pick<EngineDeps, 'after' | 'random'>
  readonly #parts: StoreAuditParts
  #cancel: (() => void) | null = null

  constructor(deps: Pick<EngineDeps, 'after' | 'random'>, parts: StoreAuditParts) {
    this.#deps = deps
    this.#parts = parts
  }

  schedule(): void {
    this.#cancel ??= this.#deps.after(DELAY_MS, () => {
      this.#look().catch((thrown: unknown) => this.#parts.report(toRecError(thrown)))
    })
  }

  stop(): void {
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    const { source, hashes, lost } = this.#parts
    if ((await source.audit(hashes(), AUDITED_OBJECTS, this.#deps.random)) > 0) await lost()
  }
}
