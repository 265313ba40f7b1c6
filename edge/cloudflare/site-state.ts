import type { AuditEntry, Clock, StateChange, StateEntry, StateStore } from '../core/ports.ts'
import { SITE_KEY, type Site, siteAudit } from '../core/sites.ts'
import type { Bindings } from './bindings.ts'

/** How old `peek` may be: a rollback reaches every isolate within this time. */
const PEEK_MS = 1_000
const KNOWN_PEEKS = 10_000

type Peek = { readonly at: number; readonly entry: StateEntry | undefined }

/**
 * State in one durable object per site. Sites themselves come from the deployment: an unknown name never makes an object, and each
 * site's entry costs no look-up. That an entry is new or changed goes to the site's audit log before anything else is written.
 */
export class SiteState implements StateStore {
  readonly #namespace: Bindings['SITE']
  readonly #clock: Clock
  readonly #sites: ReadonlyMap<string, StateEntry & { readonly site: Site }>
  readonly #registered = new Map<string, Promise<void>>()
  readonly #peeks = new Map<string, Peek>()

  constructor(namespace: Bindings['SITE'], sites: readonly Site[], clock: Clock) {
    this.#namespace = namespace
    this.#clock = clock
    this.#sites = new Map(sites.map((site) => [site.name, { value: JSON.stringify(site), version: 1, site }]))
  }

  async get(site: string, key: string): Promise<StateEntry | undefined> {
    const known = this.#sites.get(site)
    if (known === undefined || key === SITE_KEY) return known
    return this.#object(site).read(key)
  }

  async peek(site: string, key: string): Promise<StateEntry | undefined> {
    if (key === SITE_KEY || !this.#sites.has(site)) return this.get(site, key)
    const id = `${site}\n${key}`
    const now = this.#clock.now()
    const known = this.#peeks.get(id)
    if (known !== undefined && now - known.at < PEEK_MS) return known.entry
    const read = await this.get(site, key)
    // The same object as long as nothing changed: callers key caches by it.
    const entry = read?.version === known?.entry?.version ? known?.entry : read
    this.#peeks.delete(id)
    this.#peeks.set(id, { at: now, entry })
    for (const oldest of this.#peeks.keys()) {
      if (this.#peeks.size <= KNOWN_PEEKS) break
      this.#peeks.delete(oldest)
    }
    return entry
  }

  async list(site: string, prefix: string): Promise<readonly (StateEntry & { readonly key: string })[]> {
    return this.#sites.has(site) ? this.#object(site).list(prefix) : []
  }

  async commit(site: string, changes: readonly StateChange[], audit: AuditEntry): Promise<boolean> {
    await this.#register(site)
    const isDone = await this.#object(site).commit(changes, audit)
    for (const { key } of changes) this.#peeks.delete(`${site}\n${key}`)
    return isDone
  }

  async audit(site: string, after: number, limit: number): Promise<readonly (AuditEntry & { position: number })[]> {
    await this.#register(site)
    return this.#object(site).audit(after, limit)
  }

  #object(site: string) {
    return this.#namespace.get(this.#namespace.idFromName(site))
  }

  /** Once per isolate; a failure is tried again by the next caller. */
  #register(name: string): Promise<void> {
    const running = this.#registered.get(name)
    if (running !== undefined) return running
    const started = this.#store(name).catch((thrown: unknown) => {
      this.#registered.delete(name)
      throw thrown
    })
    this.#registered.set(name, started)
    return started
  }

  async #store(name: string): Promise<void> {
    const entry = this.#sites.get(name)
    if (entry === undefined) return
    const known = await this.#object(name).read(SITE_KEY)
    if (known?.value === entry.value) return
    const change = { key: SITE_KEY, expected: known?.version ?? 0, value: entry.value }
    // Another isolate may have been first: then its line is in the log already.
    await this.#object(name).commit([change], siteAudit(entry.site, this.#clock, known !== undefined))
  }
}
