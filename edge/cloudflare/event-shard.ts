import { DurableObject } from 'cloudflare:workers'
import type { EventRow, StoredEventRow } from '../core/ports.ts'
import type { Bindings } from './bindings.ts'

const HOUR_MS = 3_600_000
/** As on Node: a pseudonym lives a day; what is on its way after it was forgotten arrives within this time. */
const FORGOTTEN_HOURS = 72
const PRUNE_ROWS = 1_000

/**
 * The events of one site whose batch ids hash to this shard: one row per batch and pseudonym, as on Node. The runtime holds answers back until
 * what was written is durable and writes what several requests brought together.
 */
export class EventShard extends DurableObject<Bindings> {
  readonly #sql: SqlStorage

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.#sql = state.storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, pseudonym TEXT NOT NULL, batch TEXT NOT NULL,
        hour INTEGER NOT NULL, events TEXT NOT NULL, UNIQUE (pseudonym, batch));
      CREATE TABLE IF NOT EXISTS forgotten (pseudonym TEXT PRIMARY KEY, hour INTEGER NOT NULL) WITHOUT ROWID;
    `)
  }

  /** @returns Whether any of the rows is new. */
  append(rows: readonly EventRow[], now: number): boolean {
    return this.ctx.storage.transactionSync(() => {
      let isNew = false
      for (const { pseudonym, batch, events } of rows) {
        if (this.#sql.exec('SELECT 1 FROM forgotten WHERE pseudonym = ?', pseudonym).toArray().length > 0) continue
        const inserted = this.#sql.exec(
          'INSERT INTO inbox (pseudonym, batch, hour, events) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq',
          pseudonym,
          batch,
          Math.floor(now / HOUR_MS),
          events,
        )
        if (inserted.toArray().length > 0) isNew = true
      }
      return isNew
    })
  }

  /** The highest sequence number ever given, so that the site can place what came since its last look. */
  lastSeq(): number {
    const [row] = this.#sql.exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'").toArray()
    return row?.seq ?? 0
  }

  /** Rows with after < seq ≤ last, ascending. */
  read(after: number, last: number, limit: number): StoredEventRow[] {
    return this.#sql
      .exec<StoredEventRow>(
        'SELECT seq, batch, events FROM inbox WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
        after,
        last,
        limit,
      )
      .toArray()
  }

  forget(pseudonym: string, now: number): void {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM inbox WHERE pseudonym = ?', pseudonym)
      this.#sql.exec(
        'INSERT OR REPLACE INTO forgotten (pseudonym, hour) VALUES (?, ?)',
        pseudonym,
        Math.floor(now / HOUR_MS),
      )
    })
  }

  /** Deletes up to 1,000 rows that arrived before an instant, and marks of pseudonyms that have done their work. @returns Rows deleted. */
  prune(before: number, now: number): number {
    this.#sql.exec('DELETE FROM forgotten WHERE hour < ?', Math.floor(now / HOUR_MS) - FORGOTTEN_HOURS)
    return this.#sql
      .exec(
        'DELETE FROM inbox WHERE seq IN (SELECT seq FROM (SELECT seq, hour FROM inbox ORDER BY seq LIMIT ?) WHERE hour < ?) RETURNING seq',
        PRUNE_ROWS,
        Math.floor(before / HOUR_MS),
      )
      .toArray().length
  }
}
