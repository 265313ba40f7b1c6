import { LEAST_REPORTS, type StoredSum, type SumKey } from './sum-store.ts'

type Pending = SumKey & { count: number; readonly sum: Float64Array }

/** What reports added since the last write, in memory. */
export class PendingSums {
  readonly #sums = new Map<string, Pending>()

  add(key: SumKey, vector: Float64Array): void {
    const name = `${key.site} ${key.plan} ${key.epoch} ${key.qid} ${key.stripe}`
    let pending = this.#sums.get(name)
    if (pending === undefined) {
      pending = { ...key, count: 0, sum: new Float64Array(vector.length) }
      this.#sums.set(name, pending)
    }
    addTo(pending.sum, vector)
    pending.count++
  }

  /** Takes out what may be written now; see `SumStore.flush`. */
  take(epoch: number): readonly StoredSum[] {
    this.#mergeEnded(epoch)
    const ready = [...this.#sums].filter(([, { count }]) => count >= LEAST_REPORTS)
    for (const [name] of ready) this.#sums.delete(name)
    for (const [name, pending] of this.#sums) if (pending.epoch < epoch) this.#sums.delete(name)
    return ready.map(([, pending]) => pending)
  }

  /** Puts back what could not be written. */
  putBack(sums: readonly StoredSum[]): void {
    for (const { count, sum, ...key } of sums) {
      this.add(key, sum)
      const name = `${key.site} ${key.plan} ${key.epoch} ${key.qid} ${key.stripe}`
      const pending = this.#sums.get(name)
      if (pending !== undefined) pending.count += count - 1
    }
  }

  #mergeEnded(epoch: number): void {
    const rests = new Map<string, Pending>()
    for (const [name, pending] of this.#sums) {
      if (pending.epoch >= epoch || pending.count >= LEAST_REPORTS) continue
      const question = `${pending.site} ${pending.plan} ${pending.epoch} ${pending.qid}`
      const rest = rests.get(question)
      if (rest === undefined) {
        rests.set(question, pending)
        continue
      }
      addTo(rest.sum, pending.sum)
      rest.count += pending.count
      this.#sums.delete(name)
    }
  }
}

/** Adds a vector to a sum in place. */
export function addTo(sum: Float64Array, vector: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0)
}
