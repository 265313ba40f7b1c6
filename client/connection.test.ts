import * as comlink from 'comlink'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { RecError } from '#contract/errors'
import type { EngineApi, EngineNotice, EngineOptions, EngineStatus, Outcome } from '#contract/rpc'
import { type ConnectionDeps, createConnection } from './connection.ts'
import type { EngineHandle } from './start-worker.ts'

const STATUS = { release: 'r1', sequence: 1 } as EngineStatus // the connection passes it through unread

const DEADLINE_MS = 40

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
})

/** Lets time go on until the promise is settled; between its steps messages travel. */
async function lastUntil(end: Promise<unknown>): Promise<void> {
  let isSettled = false
  const note = () => {
    isSettled = true
  }
  end.then(note, note)
  while (!isSettled) {
    await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(DEADLINE_MS / 4)
  }
}

type Engine = Partial<{ [K in keyof EngineApi]: (...args: never[]) => Promise<Outcome<unknown>> }>

type Worker = EngineHandle & { readonly die: () => void; readonly isEnded: () => boolean }

/** A worker in this thread: the same protocol over a message channel, without a second thread. */
function startEngine(engine: Engine): Worker {
  const { port1, port2 } = new MessageChannel()
  const { promise: died, resolve: die } = Promise.withResolvers<void>()
  const told = async () => ({ ok: true, value: null })
  comlink.expose({ start: async () => ({ ok: true, value: STATUS }), visibility: told, ...engine }, port2)
  let isEnded = false
  const terminate = () => {
    isEnded = true
    port1.close()
    port2.close()
  }
  onTestFinished(terminate)
  return {
    endpoint: port1,
    limits: {},
    died,
    terminate,
    die,
    isEnded: () => isEnded,
  }
}

function setUp(spawn: () => EngineHandle, overrides: Partial<ConnectionDeps> = {}) {
  const notices: EngineNotice[] = []
  let spawned = 0
  let moments = 0
  const connection = createConnection({
    options: {} as EngineOptions, // only the engine reads them
    spawn: async () => {
      spawned++
      return spawn()
    },
    notify: (notice) => void notices.push(notice),
    now: () => moments++,
    deadlineMs: DEADLINE_MS,
    startDeadlineMs: 60_000,
    retryMs: 1_000,
    sight: () => [false, false],
    ...overrides,
  })
  onTestFinished(() => connection.stop())
  return { connection, notices, spawns: () => spawned }
}

const never = () => new Promise<never>(() => undefined)
const alive = { status: async () => ({ ok: true, value: STATUS }) as const }

describe('createConnection', () => {
  test('starts the worker with the first call and only once', async () => {
    const { connection, spawns } = setUp(() => startEngine(alive))
    expect(spawns()).toBe(0)
    await Promise.all([connection.call('status'), connection.call('status')])
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    expect(spawns()).toBe(1)
  })

  test('rejects with the code, message and detail that the worker answered', async () => {
    const error = new RecError('item-unknown', 'no such item', { items: 1 }).toWire()
    const { connection } = setUp(() => startEngine({ recommend: async () => ({ ok: false, error }) }))
    await expect(connection.call('recommend', { scene: 'similar', count: 3 })).rejects.toMatchObject({
      code: 'item-unknown',
      message: 'no such item',
      detail: { items: 1 },
    })
  })

  test('ends a call at its deadline while the worker answers others', async () => {
    const { connection, spawns } = setUp(() => startEngine({ ...alive, recommend: never }))
    await connection.call('status')
    const slow = connection.call('recommend', { scene: 'for-you', count: 3 })
    const refused = expect(slow).rejects.toMatchObject({ code: 'deadline-exceeded' })
    await connection.call('status')
    await lastUntil(slow)
    await refused
    await connection.call('status')
    expect(spawns()).toBe(1)
  })

  test('reports a silent worker as dead, settles all its calls and starts another one', async () => {
    const engines = [{ ...alive, recommend: never, history: never }, alive]
    const { connection, notices, spawns } = setUp(() => startEngine(engines.shift() ?? {}))
    await connection.call('status')
    const calls = [connection.call('recommend', { scene: 'for-you', count: 3 }), connection.call('history')]
    const settled = Promise.allSettled(calls)
    await lastUntil(settled)
    const ends = await settled
    expect(ends.map((end) => end.status === 'rejected' && end.reason.code)).toEqual(['worker-died', 'worker-died'])
    expect(notices).toMatchObject([{ type: 'error', error: { code: 'worker-died' } }])
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    expect(spawns()).toBe(2)
  })

  test('gives up after the second death in a short time', async () => {
    const { connection, spawns } = setUp(() => startEngine({ status: never }))
    for (let i = 0; i < 4; i++) {
      const call = connection.call('status')
      await lastUntil(call)
      await expect(call).rejects.toMatchObject({ code: 'worker-died' })
    }
    expect(spawns()).toBe(2)
  })

  test('settles all calls at once when the worker dies, and starts another one with the next', async () => {
    const engines = [startEngine({ ...alive, recommend: never }), startEngine(alive)]
    const [first] = engines
    const { connection, spawns } = setUp(() => engines.shift() ?? startEngine({}))
    await connection.call('status')
    const call = connection.call('recommend', { scene: 'for-you', count: 3 })
    setImmediate(() => first?.die())
    await expect(call).rejects.toMatchObject({ code: 'worker-died' })
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    expect(spawns()).toBe(2)
  })

  test('starts another worker within the same call when one dies while it starts, and gives up after the second', async () => {
    const engines = [startEngine({ start: never }), startEngine(alive)]
    const [first] = engines
    const { connection, notices, spawns } = setUp(() => engines.shift() ?? startEngine({}))
    setImmediate(() => first?.die())
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    expect([notices.length, spawns()]).toEqual([1, 2])
    const doomed = setUp(() => {
      const engine = startEngine({ start: never })
      setImmediate(engine.die)
      return engine
    })
    await expect(doomed.connection.call('status')).rejects.toMatchObject({ code: 'worker-died' })
    expect(doomed.spawns()).toBe(2)
  })

  test('starts an engine with the limits of where it runs', async () => {
    const asked: unknown[] = []
    const start = async (options: unknown) => {
      asked.push(options)
      return { ok: true, value: STATUS } as const
    }
    const handle = { ...startEngine({ ...alive, start }), limits: { tier: 'saver' } as const }
    const { connection } = setUp(() => handle, { options: { tier: 'desktop', site: 'a' } as EngineOptions })
    await connection.call('status')
    expect(asked).toEqual([{ tier: 'saver', site: 'a', privacySignal: false }])
  })

  test('answers a failed start from memory until it may be tried again', async () => {
    let clock = 0
    const error = new RecError('edge-unreachable', 'no edge').toWire()
    const starts: Outcome<EngineStatus>[] = [
      { ok: false, error },
      { ok: true, value: STATUS },
    ]
    const { connection, spawns } = setUp(
      () => startEngine({ ...alive, start: async () => starts.shift() ?? { ok: false, error } }),
      { now: () => clock },
    )
    await expect(connection.call('status')).rejects.toMatchObject({ code: 'edge-unreachable' })
    await expect(connection.call('status')).rejects.toMatchObject({ code: 'edge-unreachable' })
    expect(spawns()).toBe(1)
    clock = 1_001
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    expect(spawns()).toBe(2)
  })

  test('tries a failed start again as soon as the network is back', async () => {
    const error = new RecError('edge-unreachable', 'no edge').toWire()
    const starts: Outcome<EngineStatus>[] = [
      { ok: false, error },
      { ok: true, value: STATUS },
    ]
    const { connection } = setUp(() =>
      startEngine({ ...alive, start: async () => starts.shift() ?? { ok: false, error } }),
    )
    await expect(connection.call('status')).rejects.toMatchObject({ code: 'edge-unreachable' })
    connection.wake()
    await expect(connection.call('status')).resolves.toEqual(STATUS)
  })

  test('has a running engine look again when the network is back', async () => {
    const { promise: looked, resolve: refresh } = Promise.withResolvers<Outcome<unknown>>()
    const look = async () => {
      refresh({ ok: true, value: STATUS })
      return looked
    }
    const { connection } = setUp(() => startEngine({ ...alive, refresh: look }))
    await connection.call('status')
    connection.wake()
    await expect(looked).resolves.toMatchObject({ ok: true })
  })

  test('does not start a worker only to tell it something', async () => {
    const { connection, spawns } = setUp(() => startEngine(alive))
    connection.tell('visibility', true)
    expect(spawns()).toBe(0)
  })

  test('refuses calls after it was stopped', async () => {
    const { connection } = setUp(() => startEngine(alive))
    await connection.call('status')
    connection.stop()
    await expect(connection.call('status')).rejects.toMatchObject({ code: 'not-ready' })
  })

  test('starts anew with other options, and makes the calls again that were under way', async () => {
    const seen: EngineOptions[] = []
    const start = async (options: EngineOptions) => {
      seen.push(options)
      return { ok: true, value: STATUS } as const
    }
    const { promise: isAsked, resolve: heard } = Promise.withResolvers<void>()
    const history = () => {
      heard()
      return seen.length === 1 ? never() : Promise.resolve({ ok: true, value: [] } as const)
    }
    const { connection, spawns } = setUp(() => startEngine({ ...alive, start, history }))
    await connection.call('status')
    const asked = connection.call('history')
    await isAsked
    connection.restart({ storage: 'persistent' } as EngineOptions)
    await expect(asked).resolves.toEqual([])
    expect(seen.map(({ storage }) => storage)).toEqual([undefined, 'persistent'])
    expect(spawns()).toBe(2)
  })

  test('tells a worker that starts whether the page is hidden and sees a privacy signal, and what changes meanwhile', async () => {
    const seen: unknown[] = []
    const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>()
    const { promise: isReady, resolve: finish } = Promise.withResolvers<Outcome<unknown>>()
    const start = ({ privacySignal }: EngineOptions) => {
      seen.push(privacySignal)
      begin()
      return isReady
    }
    const visibility = async (...args: boolean[]) => {
      seen.push(args)
      return { ok: true, value: null } as const
    }
    const { connection } = setUp(() => startEngine({ ...alive, start, visibility }), { sight: () => [true, true] })
    const asked = connection.call('status')
    await isBegun
    connection.tell('visibility', false)
    finish({ ok: true, value: STATUS })
    await asked
    expect(seen).toEqual([true, [true], [false]])
  })

  test('ends a worker that is starting when it is started anew, and makes its calls again', async () => {
    const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>()
    const start = () => {
      begin()
      return never()
    }
    const [first, second] = [startEngine({ ...alive, start }), startEngine(alive)]
    const engines = [first, second]
    const { connection, spawns } = setUp(() => engines.shift() ?? startEngine({}))
    const asked = connection.call('status')
    await isBegun
    connection.restart()
    expect(first.isEnded()).toBe(true)
    await expect(asked).resolves.toEqual(STATUS)
    expect([spawns(), second.isEnded()]).toEqual([2, false])
  })

  test('ends a worker that comes after the connection was started anew, or stopped', async () => {
    const late = Promise.withResolvers<Worker>()
    const waiting = [late.promise, Promise.resolve(startEngine(alive))]
    const { connection } = setUp(() => startEngine({}), { spawn: () => waiting.shift() ?? late.promise })
    const asked = connection.call('status')
    await new Promise((resolve) => setImmediate(resolve))
    connection.restart()
    await expect(connection.call('status')).resolves.toEqual(STATUS)
    const first = startEngine(alive)
    late.resolve(first)
    await expect(asked).resolves.toEqual(STATUS)
    expect(first.isEnded()).toBe(true)
    connection.restart()
    const doomed = connection.call('status')
    connection.stop()
    await expect(doomed).rejects.toMatchObject({ code: 'not-ready' })
  })

  test('ends the worker when it is stopped, also one that is starting, and refuses the calls under way', async () => {
    const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>()
    const start = () => {
      begin()
      return never()
    }
    const starting = startEngine({ start })
    const first = setUp(() => starting)
    const asked = first.connection.call('status')
    await isBegun
    first.connection.stop()
    expect(starting.isEnded()).toBe(true)
    await expect(asked).rejects.toMatchObject({ code: 'not-ready' })

    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
    const history = () => {
      ask()
      return never()
    }
    const { connection } = setUp(() => startEngine({ history }))
    const slow = connection.call('history')
    await isAsked
    connection.stop()
    await expect(slow).rejects.toMatchObject({ code: 'not-ready' })
  })

  test('opens nothing before the page is shown again', async () => {
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
    const history = () => {
      ask()
      return never()
    }
    const engines = [
      startEngine({ history }),
      startEngine({ ...alive, history: async () => ({ ok: true, value: [] }) }),
    ]
    const { connection, spawns } = setUp(() => engines.shift() ?? startEngine({}))
    const asked = connection.call('history')
    await isAsked
    const { promise: isShown, resolve: show } = Promise.withResolvers<void>()
    connection.restart(undefined, isShown)
    const later = connection.call('status')
    await new Promise((resolve) => setImmediate(resolve))
    expect(spawns()).toBe(1)
    show()
    await expect(Promise.all([asked, later])).resolves.toEqual([[], STATUS])
    expect(spawns()).toBe(2)
  })
})
