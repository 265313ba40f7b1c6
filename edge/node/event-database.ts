import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import type { EventRow, StoredEventRow } from '../core/ports.ts'

const HOUR_MS = 3_600_000
/** A pseudonym lives a day; what is on its way after it was forgotten arrives within this time or is refused as too old to matter. */
const FORGOTTEN_HOURS = 72
const PRUNE_ROWS = 1_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, pseudonym TEXT NOT NULL,
    batch TEXT NOT NULL, hour INTEGER NOT NULL, events TEXT NOT NULL, UNIQUE (site, pseudonym, batch));
  CREATE INDEX IF NOT EXISTS inbox_site ON inbox (site);
  CREATE TABLE IF NOT EXISTS forgotten (key TEXT PRIMARY KEY, hour INTEGER NOT NULL) WITHOUT ROWID;
`

/** One batch of one site, to be stored with others in one transaction. */
export type Append = { readonly site: string; readonly rows: readonly EventRow[] }

/**
 * The events of all sites in SQLite: a row per batch and pseudonym. Lives in the worker thread, where waiting for the disk blocks nobody.
 * Arrival is kept by the hour, for retention alone. Deleted rows are overwritten (`secure_delete`).
 */
export class EventDatabase {
  readonly #db: Database.Database
  readonly #insert: Database.Statement<[string, string, string, number, string], { seq: number }>
  readonly #forgotten: Set<string>

  /** @param maxBytes - Where the file stops growing; 0 for no limit. */
  constructor(path: string, maxBytes: number) {
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = FULL')
    this.#db.pragma('secure_delete = ON')
    this.#db.pragma('journal_size_limit = 67108864')
    this.#db.exec(SCHEMA)
    if (maxBytes > 0) this.#db.pragma(`max_page_count = ${Math.max(16, Math.floor(maxBytes / 4096))}`)
    this.#insert = this.#db.prepare(
      'INSERT INTO inbox (site, pseudonym, batch, hour, events) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq',
    )
    this.#forgotten = new Set(this.#db.prepare<[], string>('SELECT key FROM forgotten').pluck().all())
  }

  /** Stores batches in one transaction. @returns For each, whether any of its rows is new. Throws when nothing was stored. */
  append(batches: readonly Append[], now: number): boolean[] {
    const hour = Math.floor(now / HOUR_MS)
    return this.#db.transaction(() =>
      batches.map(({ site, rows }) => {
        let isNew = false
        for (const { pseudonym, batch, events } of rows) {
          if (this.#forgotten.size > 0 && this.#forgotten.has(forgottenKey(site, pseudonym))) continue
          if (this.#insert.get(site, pseudonym, batch, hour, events) !== undefined) isNew = true
        }
        return isNew
      }),
    )()
  }

  read(site: string, after: number, limit: number): StoredEventRow[] {
    return this.#db
      .prepare<[string, number, number], StoredEventRow>(
        'SELECT seq, batch, events FROM inbox WHERE site = ? AND seq > ? ORDER BY seq LIMIT ?',
      )
      .all(site, after, limit)
  }

  forget(site: string, pseudonym: string, now: number): void {
    const key = forgottenKey(site, pseudonym)
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM inbox WHERE site = ? AND pseudonym = ?').run(site, pseudonym)
      this.#db.prepare('INSERT OR REPLACE INTO forgotten (key, hour) VALUES (?, ?)').run(key, Math.floor(now / HOUR_MS))
    })()
    this.#forgotten.add(key)
  }

  /** Deletes up to 1,000 rows that arrived before an instant. @returns How many. */
  prune(before: number): number {
    const result = this.#db
      .prepare(
        'DELETE FROM inbox WHERE seq IN (SELECT seq FROM (SELECT seq, hour FROM inbox ORDER BY seq LIMIT ?) WHERE hour < ?)',
      )
      .run(PRUNE_ROWS, Math.floor(before / HOUR_MS))
    return result.changes
  }

  /** Drops marks of forgotten pseudonyms that have done their work and moves the log into the file, so that deleted rows leave both. */
  tidy(now: number): void {
    this.#db.prepare('DELETE FROM forgotten WHERE hour < ?').run(Math.floor(now / HOUR_MS) - FORGOTTEN_HOURS)
    this.#forgotten.clear()
    for (const key of this.#db.prepare<[], string>('SELECT key FROM forgotten').pluck().iterate())
      this.#forgotten.add(key)
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
  }

  close(): void {
    this.#db.close()
  }
}

/** The mark of a forgotten pseudonym does not contain it. */
function forgottenKey(site: string, pseudonym: string): string {
  return createHash('sha256').update(`${site}\n${pseudonym}`).digest('base64url')
}
