import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Visit } from '../device/visits.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import { neighbourUrl } from '../train/neighbour-url.ts'
import { type Answer, type AnswerOptions, type GroupOptions, openSeat, type SeatOptions } from './seat.ts'
import type { SharedParts } from './shared-parts.ts'

/** What a worker starts with. */
export type CrewSetup = { readonly parts: SharedParts; readonly options: SeatOptions }

/** What a worker is asked. */
export type CrewTask = { readonly id: number } & (
  | { readonly kind: 'groups'; readonly users: Int32Array; readonly options: GroupOptions }
  | { readonly kind: 'answers'; readonly visits: readonly Visit[]; readonly options: AnswerOptions }
)

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Order = WithoutId<CrewTask>
type Reply = { readonly id: number; readonly result?: readonly unknown[]; readonly error?: unknown }

/**
 * Devices side by side, one per thread, that answer for many users. Results come in the order asked and depend neither on the number of
 * threads nor on who did what: each user has a random stream of their own.
 */
export type Crew = {
  groups(users: Int32Array, options: GroupOptions, onShare: (share: number) => void): Promise<TrainingGroup[]>
  answers(visits: readonly Visit[], options: AnswerOptions, onShare: (share: number) => void): Promise<Answer[]>
  close(): Promise<void>
}

/** Users per task: enough to hide a message, few enough to end together. */
const CHUNK = 32

/** Where fewer users are asked, threads take longer to start than they save. */
const MIN_SPREAD = 200

/** Opens a crew. `asked` is about how many users it will answer for; few are answered on the calling thread. */
export async function openCrew(
  parts: SharedParts,
  options: SeatOptions & { readonly asked: number; readonly threads?: number },
): Promise<Crew> {
  const threads = Math.max(1, Math.min(16, options.threads ?? availableParallelism()))
  const { asked, graphs, ranker } = options
  return threads === 1 || (asked < MIN_SPREAD && options.threads === undefined)
    ? openAlone(parts, { graphs, ranker })
    : openThreads(threads, { parts, options: { graphs, ranker } })
}

async function openAlone(parts: SharedParts, options: SeatOptions): Promise<Crew> {
  const seat = await openSeat(parts, options)
  return {
    groups: (users, asked, onShare) =>
      inChunks(users.length, onShare, async (from, to) => seat.groups(users.subarray(from, to), asked)),
    answers: (visits, asked, onShare) =>
      inChunks(visits.length, onShare, (from, to) => seat.answers(visits.slice(from, to), asked)),
    close: seat.close,
  }
}

async function inChunks<T>(
  count: number,
  onShare: (share: number) => void,
  run: (from: number, to: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = []
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK)
    all.push(...(await run(from, to)))
    onShare(to / count)
  }
  return all
}

async function openThreads(threads: number, setup: CrewSetup): Promise<Crew> {
  const url = neighbourUrl(import.meta.url, 'crew-worker')
  const workers = Array.from({ length: threads }, () => new Hand(new Worker(url, { workerData: setup })))
  const spread = async <T>(count: number, onShare: (share: number) => void, order: (from: number) => Order) => {
    const parts: T[][] = []
    let next = 0
    let done = 0
    const serve = async (hand: Hand): Promise<void> => {
      for (let from = next; from < count; from = next) {
        next += CHUNK
        parts[from / CHUNK] = (await hand.run(order(from))) as T[] // the worker answers in the kind it was asked
        done += CHUNK
        onShare(Math.min(1, done / count))
      }
    }
    await Promise.all(workers.map(serve))
    return parts.flat()
  }
  return {
    groups: (users, options, onShare) =>
      spread<TrainingGroup>(users.length, onShare, (from) => ({
        kind: 'groups',
        users: users.slice(from, from + CHUNK),
        options,
      })),
    answers: (visits, options, onShare) =>
      spread<Answer>(visits.length, onShare, (from) => ({
        kind: 'answers',
        visits: visits.slice(from, from + CHUNK),
        options,
      })),
    close: async () => {
      await Promise.all(workers.map((hand) => hand.end()))
    },
  }
}

/** One thread of a crew; a task settles by its answer or by the thread's death. */
class Hand {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(value: readonly unknown[]): void; reject(reason: unknown): void }>()
  #tasks = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', ({ id, result, error }: Reply) => {
      const task = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (result === undefined) task?.reject(error)
      else task?.resolve(result)
    })
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('A thread of list makers ended')))
  }

  run(order: Order): Promise<readonly unknown[]> {
    const id = this.#tasks++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ ...order, id })
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(reason: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
  }
}
