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
  /** Calls a worker that is running or starting; does nothing where there is none, and takes no answer. */
  tell<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): void
  /** The network is back: a start that failed may be tried at once, and a running engine looks for what it lacks. */
  wake(): void
  /**
   * Ends the worker, also one that is starting; the next call starts another with these options or the same, and calls under way are made
   * again there.
   * @param shown - Resolves when the page is looked at again; nothing is started before.
   */
  restart(options?: EngineOptions, shown?: Promise<unknown>): void
  /** Ends the worker; calls under way and later ones are refused. */
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
  /** Whether the page is hidden and sees a privacy signal: every worker hears it as it starts, for it may have changed since the page asked. */
  sight(): [isHidden: boolean, privacySignal: boolean]
}

type Session = {
  readonly handle: EngineHandle
  readonly remote: comlink.Remote<EngineApi>
  readonly startedAt: number
  heardAt: number
  readonly waiting: Set<(error: RecError) => void>
}

/** A worker that answered for this long before it died may be started again. */
const HEALTHY_MS = 60_000

/** Wraps a worker that exposes `EngineApi` by comlink; it is started by the first call. */
export function createConnection(deps: ConnectionDeps): Connection {
  return new WorkerConnection(deps)
}

class WorkerConnection implements Connection {
  /** Other ones after each restart: what began with earlier ones is out of date. */
  #deps: ConnectionDeps
  #opening: Promise<Session> | null = null
  /** The one worker that has not ended; it may still be starting. */
  #session: Session | null = null
  #failure: { readonly error: RecError; readonly until: number } | null = null
  #restartsLeft = 1
  #shown: Promise<unknown> | undefined

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
  }

  async call<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): Promise<Answer<K>> {
    for (;;) {
      await this.#shown
      const deps = this.#deps
      try {
        const session = await this.#open()
        if (session !== this.#session) continue // ended meanwhile
        return await this.#settle(session, invoke(session, method, args))
      } catch (error) {
        if (deps === this.#deps) throw error
      }
    }
  }

  tell<K extends Method>(method: K, ...args: Parameters<EngineApi[K]>): void {
    if (this.#session) void invoke(this.#session, method, args)
  }

  wake(): void {
    if (this.#failure?.until !== Number.POSITIVE_INFINITY) this.#failure = null
    this.tell('refresh')
  }

  restart(options = this.#deps.options, shown?: Promise<unknown>): void {
    this.#deps = { ...this.#deps, options }
    this.#shown = shown
    this.#failure = null
    this.#end(new RecError('not-ready', ''))
  }

  stop(): void {
    this.restart()
    const error = new RecError('not-ready', 'the recommender was stopped')
    this.#failure = { error, until: Number.POSITIVE_INFINITY }
  }

  #open(): Promise<Session> {
    if (this.#failure && this.#failure.until > this.#deps.now()) return Promise.reject(this.#failure.error)
    this.#failure = null
    this.#opening ??= this.#start()
    return this.#opening
  }

  async #start(): Promise<Session> {
    const deps = this.#deps
    try {
      const handle = await deps.spawn()
      if (deps === this.#deps) return await this.#begin(handle)
      handle.terminate()
      throw new RecError('not-ready', '') // whoever waits asks anew
    } catch (thrown) {
      const error = toRecError(thrown)
      if (deps === this.#deps) {
        if (error.code === 'worker-died') return this.#open() // what it downloaded is kept
        this.#end(error)
        this.#failure = { error, until: deps.now() + deps.retryMs }
      }
      throw error
    }
  }

  async #begin(handle: EngineHandle): Promise<Session> {
    const deps = this.#deps
    const { endpoint, limits, died } = handle
    const remote = comlink.wrap<EngineApi>(endpoint)
    const session: Session = { handle, remote, startedAt: deps.now(), heardAt: -1, waiting: new Set() }
    this.#session = session
    endpoint.addEventListener('message', () => {
      session.heardAt = deps.now()
    })
    void died.then(() => this.#bury(session)).catch(() => undefined) // ended by us, or a browser that takes its word back: calls have deadlines
    const [isHidden, privacySignal] = deps.sight()
    const options = { ...deps.options, privacySignal, ...limits }
    const started = remote.start(options, comlink.proxy(deps.notify)) as Promise<Outcome<unknown>>
    const told = invoke(session, 'visibility', [isHidden]) // waits in the engine until it has started; what is told meanwhile comes behind it
    const both = Promise.all([started, told]).then(([outcome]) => outcome)
    await this.#settle(session, both, deps.startDeadlineMs)
    return session
  }

  /** Makes an answer settle; a worker that said nothing until a call's own deadline is taken for dead. */
  #settle<T>(session: Session, answer: Promise<Outcome<T>>, startDeadlineMs?: number): Promise<T> {
    const deps = this.#deps
    const deadlineMs = startDeadlineMs ?? deps.deadlineMs
    const askedAt = deps.now()
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        clearTimeout(timer)
        session.waiting.delete(refuse)
        finish()
      }
      const refuse = (error: RecError) => end(() => reject(error))
      const timer = setTimeout(() => {
        if (!startDeadlineMs && session.heardAt < askedAt) this.#bury(session)
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

  #bury(dead: Session): void {
    if (dead !== this.#session) return
    if (this.#deps.now() - dead.startedAt > HEALTHY_MS) this.#restartsLeft = 1
    const error = new RecError('worker-died', 'the worker stopped answering', { restartsLeft: this.#restartsLeft })
    if (this.#restartsLeft-- <= 0) this.#failure = { error, until: Number.POSITIVE_INFINITY }
    this.#end(error)
    this.#deps.notify({ type: 'error', error: error.toWire() })
  }

  /** Ends the worker where there is one, and refuses the calls that wait for it. */
  #end(error: RecError): void {
    const over = this.#session
    this.#session = null
    this.#opening = null
    over?.handle.terminate()
    for (const refuse of over?.waiting ?? []) refuse(error)
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
