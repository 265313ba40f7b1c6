import { DurableObject } from 'cloudflare:workers'
import type { AuditEntry, StateChange, StateEntry, StoredEventRow } from '../core/ports.ts'
import type { Bindings } from './bindings.ts'
import { objectKeys } from './object-keys.ts'
import { shardName } from './shard-name.ts'

type StateRow = { readonly key: string; readonly value: string; readonly version: number }
type AuditRow = { readonly position: number; readonly at: string; readonly action: string; readonly fields: string }
type Segment = { readonly start: number; readonly shard: number; readonly first: number; readonly last: number }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit (position INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, action TEXT NOT NULL, fields TEXT NOT NULL);
  CREATE TRIGGER IF NOT EXISTS audit_keeps_rows BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TRIGGER IF NOT EXISTS audit_keeps_values BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TABLE IF NOT EXISTS objects (hash TEXT PRIMARY KEY, touched INTEGER NOT NULL, leaving INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS segments (start INTEGER PRIMARY KEY, shard INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
`

/**
 * One site's state: documents under compare-and-swap, the audit log, which objects are stored and when they were last wanted, and in which
 * order the event shards are exported. One at a time touches it, which is what makes each of these a single step.
 */
export class SiteObject extends DurableObject<Bindings> {
  readonly #sql: SqlStorage
  /** Removals under way: who asks for such an object waits. */
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.#sql = state.storage.sql
    this.#sql.exec(SCHEMA)
  }

  read(key: string): StateEntry | undefined {
    const [entry] = this.#sql.exec<StateRow>('SELECT key, value, version FROM state WHERE key = ?', key).toArray()
    return entry === undefined ? undefined : { value: entry.value, version: entry.version }
  }

  list(prefix: string): StateRow[] {
    // '0' follows '/', which ends every prefix, so this is the range of all keys below it.
    return this.#sql
      .exec<StateRow>(
        'SELECT key, value, version FROM state WHERE key >= ? AND key < ? ORDER BY key',
        prefix,
        `${prefix.slice(0, -1)}0`,
      )
      .toArray()
  }

  commit(changes: readonly StateChange[], audit: AuditEntry): boolean {
    return this.ctx.storage.transactionSync(() => {
      if (changes.some(({ key, expected }) => (this.read(key)?.version ?? 0) !== expected)) return false
      for (const { key, expected, value } of changes) {
        this.#sql.exec('INSERT OR REPLACE INTO state (key, value, version) VALUES (?, ?, ?)', key, value, expected + 1)
      }
      const fields = JSON.stringify(audit.fields)
      this.#sql.exec('INSERT INTO audit (at, action, fields) VALUES (?, ?, ?)', audit.at, audit.action, fields)
      return true
    })
  }

  audit(after: number, limit: number): (AuditEntry & { position: number })[] {
    return this.#sql
      .exec<AuditRow>(
        'SELECT position, at, action, fields FROM audit WHERE position > ? ORDER BY position LIMIT ?',
        after,
        limit,
      )
      .toArray()
      .map((row) => ({ ...row, fields: JSON.parse(row.fields) as AuditEntry['fields'] })) // written by `commit`
  }

  /** Marks objects as wanted now. @returns Those that are not stored. */
  async touch(hashes: readonly string[], now: number): Promise<string[]> {
    await Promise.all(hashes.map((hash) => this.#leaving.get(hash)))
    return this.ctx.storage.transactionSync(() =>
      hashes.filter((hash) => {
        const touched = this.#sql.exec(
          'UPDATE objects SET touched = ? WHERE hash = ? AND leaving = 0 RETURNING hash',
          now,
          hash,
        )
        return touched.toArray().length === 0
      }),
    )
  }

  /** Tells that an object is whole in the bucket. @returns Whether nobody told so before. */
  register(hash: string, now: number): boolean {
    const known = this.#sql.exec('SELECT 1 FROM objects WHERE hash = ? AND leaving = 0', hash).toArray().length > 0
    this.#sql.exec('INSERT OR REPLACE INTO objects (hash, touched, leaving) VALUES (?, ?, 0)', hash, now)
    return !known
  }

  objects(): { hash: string; touchedAt: number }[] {
    return this.#sql
      .exec<{ hash: string; touchedAt: number }>('SELECT hash, touched AS touchedAt FROM objects WHERE leaving = 0')
      .toArray()
  }

  /** Removes an object unless it was touched after `untouchedSince`. From the first write on it counts as missing, even if this dies here. */
  async remove(site: string, hash: string, untouchedSince: number): Promise<boolean> {
    const marked = this.#sql.exec(
      'UPDATE objects SET leaving = 1 WHERE hash = ? AND touched <= ? RETURNING hash',
      hash,
      untouchedSince,
    )
    if (marked.toArray().length === 0) return false
    const leaving = this.env.OBJECTS.delete(Object.values(objectKeys(site, hash)))
    const settled = leaving.catch(() => undefined) // the caller below gets the error
    this.#leaving.set(hash, settled)
    try {
      await leaving
      this.#sql.exec('DELETE FROM objects WHERE hash = ? AND leaving = 1', hash)
      return true
    } finally {
      this.#leaving.delete(hash)
    }
  }

  /**
   * Rows of all shards after a cursor. What a shard received since the last look is placed after everything placed before, as a segment
   * {start, shard, first…last}; a row's number is start + its own − first, so that one number is a cursor over all shards.
   */
  async export(site: string, shards: number, after: number, limit: number): Promise<StoredEventRow[]> {
    await this.#place(site, shards)
    const rows: StoredEventRow[] = []
    const segments = this.#sql
      .exec<Segment>(
        'SELECT start, shard, first, last FROM segments WHERE start + last - first > ? ORDER BY start',
        after,
      )
      .toArray()
    for (const { start, shard, first, last } of segments) {
      const from = Math.max(first - 1, after - start + first)
      const part = await this.#shard(site, shard).read(from, last, limit - rows.length)
      rows.push(...part.map((row) => ({ ...row, seq: start + row.seq - first })))
      if (rows.length >= limit) break
    }
    return rows
  }

  async #place(site: string, shards: number): Promise<void> {
    const numbers = Array.from({ length: shards }, (_, i) => i)
    const lasts = await Promise.all(numbers.map((shard) => this.#shard(site, shard).lastSeq()))
    this.ctx.storage.transactionSync(() => {
      lasts.forEach((last, shard) => {
        const [placed] = this.#sql
          .exec<{ last: number | null }>('SELECT max(last) AS last FROM segments WHERE shard = ?', shard)
          .toArray()
        const first = (placed?.last ?? 0) + 1
        if (last < first) return
        const [end] = this.#sql
          .exec<{ next: number | null }>('SELECT max(start + last - first) + 1 AS next FROM segments')
          .toArray()
        const start = end?.next ?? 1
        this.#sql.exec(
          'INSERT INTO segments (start, shard, first, last) VALUES (?, ?, ?, ?)',
          start,
          shard,
          first,
          last,
        )
      })
    })
  }

  #shard(site: string, shard: number) {
    return this.env.EVENTS.get(this.env.EVENTS.idFromName(shardName(site, shard)))
  }
}
