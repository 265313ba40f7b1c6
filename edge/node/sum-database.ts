import Database from 'better-sqlite3'
import { addTo, PendingSums } from '../core/pending-sums.ts'
import { KEPT_EPOCHS, type StoredSum, type SumKey, type SumStore, type SumTotals } from '../core/sum-store.ts'
import { asStoreError } from './disk-errors.ts'

type Row = Omit<StoredSum, 'sum'> & { readonly sum: Buffer }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sums (site TEXT NOT NULL, plan TEXT NOT NULL, epoch INTEGER NOT NULL, qid INTEGER NOT NULL,
    stripe INTEGER NOT NULL, count INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (site, plan, epoch, qid, stripe)) WITHOUT ROWID;
`

/** Sums in SQLite, and nothing else; what is not yet 20 reports stays in memory and is lost with it. */
export class SumDatabase implements SumStore {
  readonly #db: Database.Database
  readonly #pending = new PendingSums()

  constructor(path: string) {
    this.#db = new Database(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('secure_delete = ON')
    this.#db.exec(SCHEMA)
  }

  add(key: SumKey, vector: Float64Array): void {
    this.#pending.add(key, vector)
  }

  flush(epoch: number): Promise<void> {
    const ready = this.#pending.take(epoch)
    try {
      this.#db.transaction(() => {
        for (const sum of ready) this.#write(sum)
        this.#db.prepare('DELETE FROM sums WHERE epoch < ?').run(epoch - KEPT_EPOCHS)
      })()
      return Promise.resolve()
    } catch (thrown) {
      this.#pending.putBack(ready)
      return Promise.reject(asStoreError(thrown))
    }
  }

  read(site: string): Promise<readonly StoredSum[]> {
    const rows = this.#db
      .prepare<[string], Row>('SELECT * FROM sums WHERE site = ? ORDER BY plan, epoch, qid, stripe')
      .all(site)
    return Promise.resolve(rows.map((row) => ({ ...row, sum: numbersOf(row.sum) })))
  }

  totals(site: string): Promise<SumTotals> {
    const totals = this.#db
      .prepare<[string], SumTotals>('SELECT count(*) AS sums, total(count) AS reports FROM sums WHERE site = ?')
      .get(site)
    return Promise.resolve(totals ?? { sums: 0, reports: 0 })
  }

  /** Closes after a last `flush`; what it could not write is gone. */
  close(): void {
    this.#db.close()
  }

  #write({ site, plan, epoch, qid, stripe, count, sum }: StoredSum): void {
    const key = [site, plan, epoch, qid, stripe] as const
    const old = this.#db
      .prepare<[string, string, number, number, number], Row>(
        'SELECT * FROM sums WHERE site = ? AND plan = ? AND epoch = ? AND qid = ? AND stripe = ?',
      )
      .get(...key)
    const total = sum.slice()
    if (old !== undefined) addTo(total, numbersOf(old.sum))
    this.#db
      .prepare('INSERT OR REPLACE INTO sums (site, plan, epoch, qid, stripe, count, sum) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(...key, count + (old?.count ?? 0), Buffer.from(total.buffer, total.byteOffset, total.byteLength))
  }
}

function numbersOf(bytes: Buffer): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer)
}
