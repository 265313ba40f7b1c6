import { addTo, PendingSums } from '../core/pending-sums.ts'
import {
  KEPT_EPOCHS,
  LEAST_REPORTS,
  type StoredSum,
  type SumKey,
  type SumStore,
  type SumTotals,
} from '../core/sum-store.ts'

type Row = {
  readonly plan: string
  readonly epoch: number
  readonly qid: number
  readonly stripe: number
  readonly count: number
  readonly sum: ArrayBuffer
}

type Table = 'waiting' | 'sums'

const columns = (table: Table): string => `
  CREATE TABLE IF NOT EXISTS ${table} (plan TEXT NOT NULL, epoch INTEGER NOT NULL, qid INTEGER NOT NULL, stripe INTEGER NOT NULL,
    count INTEGER NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (plan, epoch, qid, stripe)) WITHOUT ROWID;`

/**
 * Sums of one site in the storage of its durable object. That loses its memory whenever it is idle, so what waits for its twentieth report
 * waits in a table of its own, which nothing reads from outside; what is handed out moves by 20 or more, as on Node.
 */
export class ObjectSums implements SumStore {
  readonly #storage: DurableObjectStorage
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#sql = storage.sql
    this.#sql.exec(columns('waiting') + columns('sums'))
  }

  add(key: SumKey, vector: Float64Array): void {
    this.#storage.transactionSync(() => {
      const count = this.#grow('waiting', { ...key, count: 1, sum: vector })
      if (count < LEAST_REPORTS) return
      for (const ready of this.#take('WHERE plan = ? AND epoch = ? AND qid = ? AND stripe = ?', ...keyOf(key)))
        this.#grow('sums', ready)
    })
  }

  flush(epoch: number): Promise<void> {
    this.#storage.transactionSync(() => {
      const rests = new PendingSums()
      rests.putBack(this.#take('WHERE epoch < ?', epoch))
      for (const merged of rests.take(epoch)) this.#grow('sums', merged)
      this.#sql.exec('DELETE FROM sums WHERE epoch < ?', epoch - KEPT_EPOCHS)
    })
    return Promise.resolve()
  }

  read(site: string): Promise<readonly StoredSum[]> {
    const rows = this.#sql.exec<Row>('SELECT * FROM sums ORDER BY plan, epoch, qid, stripe').toArray()
    return Promise.resolve(rows.map((row) => ({ ...storedSum(row), site })))
  }

  totals(): Promise<SumTotals> {
    return Promise.resolve(
      this.#sql.exec<SumTotals>('SELECT count(*) AS sums, total(count) AS reports FROM sums').one(),
    )
  }

  /** @returns Reports in the sum afterwards. */
  #grow(table: Table, { count, sum, ...key }: StoredSum): number {
    const [old] = this.#sql
      .exec<Row>(`SELECT * FROM ${table} WHERE plan = ? AND epoch = ? AND qid = ? AND stripe = ?`, ...keyOf(key))
      .toArray()
    const total = sum.slice()
    if (old !== undefined) addTo(total, new Float64Array(old.sum))
    const reports = count + (old?.count ?? 0)
    this.#sql.exec(
      `INSERT OR REPLACE INTO ${table} (plan, epoch, qid, stripe, count, sum) VALUES (?, ?, ?, ?, ?, ?)`,
      ...keyOf(key),
      reports,
      total.buffer,
    )
    return reports
  }

  #take(where: string, ...values: readonly (string | number)[]): readonly StoredSum[] {
    return this.#sql
      .exec<Row>(`DELETE FROM waiting ${where} RETURNING *`, ...values)
      .toArray()
      .map(storedSum)
  }
}

const keyOf = ({ plan, epoch, qid, stripe }: SumKey) => [plan, epoch, qid, stripe] as const

/** Without its site: an object belongs to one. */
const storedSum = (row: Row): StoredSum => ({ ...row, site: '', sum: new Float64Array(row.sum) })
