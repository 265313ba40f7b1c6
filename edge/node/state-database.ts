import Database from 'better-sqlite3'
import type { AuditEntry, StateChange, StateEntry, StateStore } from '../core/ports.ts'
import { asStoreError } from './disk-errors.ts'

type StateRow = { readonly key: string; readonly value: string; readonly version: number }
type AuditRow = { readonly position: number; readonly at: string; readonly action: string; readonly fields: string }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (site TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (site, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit (position INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, at TEXT NOT NULL,
    action TEXT NOT NULL, fields TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS audit_site ON audit (site);
  CREATE TRIGGER IF NOT EXISTS audit_keeps_rows BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TRIGGER IF NOT EXISTS audit_keeps_values BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
`

/** State in SQLite: writes are rare and go straight to the disk, reads come from memory. One process owns the file. */
export class StateDatabase implements StateStore {
  readonly #db: Database.Database
  readonly #known = new Map<string, StateEntry>()

  constructor(path: string) {
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = FULL')
    this.#db.exec(SCHEMA)
    for (const row of this.#db
      .prepare<[], StateRow & { site: string }>('SELECT site, key, value, version FROM state')
      .iterate()) {
      this.#known.set(`${row.site}\n${row.key}`, { value: row.value, version: row.version })
    }
  }

  get(site: string, key: string): Promise<StateEntry | undefined> {
    return Promise.resolve(this.getInMemory(site, key))
  }

  /** Everything is in memory: as `get`, at once. */
  getInMemory(site: string, key: string): StateEntry | undefined {
    return this.#known.get(`${site}\n${key}`)
  }

  peek(site: string, key: string): Promise<StateEntry | undefined> {
    return this.get(site, key)
  }

  list(site: string, prefix: string): Promise<readonly (StateEntry & { key: string })[]> {
    // '0' follows '/', which ends every prefix, so this is the range of all keys below it.
    const rows = this.#db
      .prepare<[string, string, string], StateRow>(
        'SELECT key, value, version FROM state WHERE site = ? AND key >= ? AND key < ? ORDER BY key',
      )
      .all(site, prefix, `${prefix.slice(0, -1)}0`)
    return Promise.resolve(rows)
  }

  commit(site: string, changes: readonly StateChange[], audit: AuditEntry): Promise<boolean> {
    try {
      return Promise.resolve(this.#commitNow(site, changes, audit))
    } catch (thrown) {
      return Promise.reject(asStoreError(thrown))
    }
  }

  audit(site: string, after: number, limit: number): Promise<readonly (AuditEntry & { position: number })[]> {
    const rows = this.#db
      .prepare<[string, number, number], AuditRow>(
        'SELECT position, at, action, fields FROM audit WHERE site = ? AND position > ? ORDER BY position LIMIT ?',
      )
      .all(site, after, limit)
    return Promise.resolve(rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) as AuditEntry['fields'] }))) // written below
  }

  /** Names of all registered sites. */
  sites(): readonly string[] {
    return this.#db.prepare<[], string>('SELECT DISTINCT site FROM state ORDER BY site').pluck().all()
  }

  /** Throws when the database cannot be read. */
  check(): void {
    this.#db.prepare('SELECT 1').get()
  }

  close(): void {
    this.#db.close()
  }

  #commitNow(site: string, changes: readonly StateChange[], audit: AuditEntry): boolean {
    const put = this.#db.prepare('INSERT OR REPLACE INTO state (site, key, value, version) VALUES (?, ?, ?, ?)')
    const isFree = changes.every(({ key, expected }) => (this.#known.get(`${site}\n${key}`)?.version ?? 0) === expected)
    if (!isFree) return false
    this.#db.transaction(() => {
      for (const { key, expected, value } of changes) put.run(site, key, value, expected + 1)
      this.#db
        .prepare('INSERT INTO audit (site, at, action, fields) VALUES (?, ?, ?, ?)')
        .run(site, audit.at, audit.action, JSON.stringify(audit.fields))
    })()
    for (const { key, expected, value } of changes) this.#known.set(`${site}\n${key}`, { value, version: expected + 1 })
    return true
  }
}
