import * as comlink from 'comlink'
import { RecError, toRecError } from '#contract/errors'
import type { EngineApi, EngineNotice, EngineOptions, Outcome } from '#contract/rpc'
import type { EngineHandle } from './start-worker.ts'

type Method = Exclude<keyof EngineApi, 'start' | 'stop'>

/** What a call of the worker's interface resolves to once its outcome is opened. */
export type Answer<K extends keyof EngineApi> = Awaited<ReturnType<EngineApi[K]>> extends Outcome<infer T> ? T : never

/** The worker's interface in which every call settles: answer, refusal, deadline or the worker's death. */
export interface Connection {
  /**
   * Starts the worker where it is not running and calls it.
   * @throws RecError of the worker, `deadline-exceeded`, or `worker-died`; the next call then starts it again, once.
   */
  call<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): Promise<Answer<K>>
  /** Calls a worker that is already running; does nothing where it is not, and takes no answer. */
  tell<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): void
  /** The network is back: a start that failed may be tried at once, and a running engine looks for what it lacks. */
  wake(): void
  /** Ends the worker; the next call starts another with these options or the same, and calls under way are made again there. */
  restart(options?: EngineOptions): void
  stop(): void
}

export type ConnectionDeps = {
  readonly options: EngineOptions
  spawn(): Promise<EngineHandle>
  notify(notice: EngineNotice): void
  now(): number
  readonly deadlineMs: number
  /** The first start may have to download a release. */
  readonly startDeadlineMs: number
  /** A failed start is answered with its error for this long before it is tried again. */
  readonly retryMs: number
}

type Session = {
  readonly handle: EngineHandle
  readonly remote: comlink.Remote<EngineApi>
  readonly startedAt: number
  heardAt: number
  /** It died, or was ended. */
  isOver: boolean
  readonly waiting: Set<(error: RecError) => void>
  /** Calls of it are made again, of the worker that follows. */
  isReplaced: boolean
}

/** A worker that answered for this long before it died may be started again. */
const HEALTHY_MS = 60_000

/** Wraps a worker that exposes `EngineApi` by comlink; it is started by the first call. */
export function createConnection(deps: ConnectionDeps): Connection {
  return new WorkerConnection(deps)
}

class WorkerConnection implements Connection {
  #deps: ConnectionDeps
  #session: Promise<Session> | null = null
  #running: Session | null = null
  #failure: { readonly error: RecError; readonly until: number } | null = null
  #restartsLeft = 1

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
  }

  async call<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): Promise<Answer<K>> {
    for (;;) {
      const session = await this.#open()
      if (session !== this.#running) continue // started anew meanwhile
      try {
        const { deadlineMs } = this.#deps
        return await settle(session, invoke(session, method, args), { deps: this.#deps, deadlineMs, bury: this.#bury })
      } catch (error) {
        if (!session.isReplaced) throw error
      }
    }
  }

  tell<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): void {
    if (this.#running) void invoke(this.#running, method, args)
  }

  wake(): void {
    if (this.#failure?.until !== Number.POSITIVE_INFINITY) this.#failure = null
    this.tell('refresh')
  }

  restart(options = this.#deps.options): void {
    const old = this.#running
    this.#deps = { ...this.#deps, options }
    this.#running = null
    this.#session = null
    this.#failure = null
    if (old === null) return
    end(old)
    old.isReplaced = true
    for (const reject of [...old.waiting]) reject(new RecError('not-ready', ''))
  }

  stop(): void {
    if (this.#running) end(this.#running)
    this.#running = null
    this.#session = null
    this.#failure = { error: new RecError('not-ready', 'the recommender was stopped'), until: Number.POSITIVE_INFINITY }
  }

  #open(): Promise<Session> {
    if (this.#failure && this.#failure.until > this.#deps.now()) return Promise.reject(this.#failure.error)
    this.#failure = null
    this.#session ??= this.#start()
    return this.#session
  }

  async #start(): Promise<Session> {
    try {
      const session = await begin(this.#deps, this.#bury)
      if (this.#failure !== null)
        end(session) // stopped meanwhile
      else this.#running = session
      return session
    } catch (thrown) {
      const error = toRecError(thrown)
      if (error.code === 'worker-died' && this.#failure === null) return this.#start() // what it downloaded is kept
      this.#session = null
      this.#failure ??= { error, until: this.#deps.now() + this.#deps.retryMs }
      throw error
    }
  }

  readonly #bury = (dead: Session): void => {
    if (dead.isOver) return
    if (this.#running === dead) {
      this.#running = null
      this.#session = null
    }
    end(dead)
    if (this.#deps.now() - dead.startedAt > HEALTHY_MS) this.#restartsLeft = 1
    const error = new RecError('worker-died', 'the worker stopped answering', { restartsLeft: this.#restartsLeft })
    if (this.#restartsLeft-- <= 0) this.#failure = { error, until: Number.POSITIVE_INFINITY }
    for (const reject of [...dead.waiting]) reject(error)
    this.#deps.notify({ type: 'error', error: error.toWire() })
  }
}

function invoke<K extends Method>(
  session: Session,
  method: K,
  args: Parameters<EngineApi[K]>,
): Promise<Outcome<Answer<K>>> {
  const run = session.remote[method] as (...args: unknown[]) => Promise<Outcome<Answer<K>>> // comlink keeps names and arguments
  return run(...args)
}

async function begin(deps: ConnectionDeps, bury: (dead: Session) => void): Promise<Session> {
  const handle = await deps.spawn()
  const { endpoint, limits, died } = handle
  const remote = comlink.wrap<EngineApi>(endpoint)
  const session: Session = {
    handle,
    remote,
    startedAt: deps.now(),
    heardAt: -1,
    isOver: false,
    waiting: new Set(),
    isReplaced: false,
  }
  endpoint.addEventListener('message', () => {
    session.heardAt = deps.now()
  })
  void died.then(() => bury(session)).catch(() => undefined) // ended by us, or a browser that takes its word back: calls have deadlines
  try {
    const started = remote.start({ ...deps.options, ...limits }, comlink.proxy(deps.notify)) as Promise<
      Outcome<unknown>
    >
    await settle(session, started, { deps, deadlineMs: deps.startDeadlineMs, bury: () => undefined })
    return session
  } catch (error) {
    end(session)
    throw error
  }
}

function end(session: Session): void {
  session.isOver = true
  session.handle.terminate()
}

type Patience = { readonly deps: ConnectionDeps; readonly deadlineMs: number; bury(dead: Session): void }

function settle<T>(session: Session, answer: Promise<Outcome<T>>, { deps, deadlineMs, bury }: Patience): Promise<T> {
  const askedAt = deps.now()
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      clearTimeout(timer)
      session.waiting.delete(refuse)
      finish()
    }
    const refuse = (error: RecError) => end(() => reject(error))
    const timer = setTimeout(() => {
      if (session.heardAt < askedAt) bury(session)
      refuse(new RecError('deadline-exceeded', 'the worker took too long', { deadlineMs }))
    }, deadlineMs)
    session.waiting.add(refuse)
    answer.then(
      (outcome) => {
        if (outcome.ok) end(() => resolve(outcome.value))
        else refuse(new RecError(outcome.error.code, outcome.error.message, outcome.error.detail))
      },
      (thrown: unknown) => refuse(new RecError('internal', 'the call could not be made', {}, { cause: thrown })),
    )
  })
}
