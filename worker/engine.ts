import { RecError, toRecError } from '#contract/errors'
import type { EngineApi, EngineNotice, EngineOptions, Outcome } from '#contract/rpc'
import type { EngineDeps } from './deps.ts'
import { checkOptions } from './options.ts'
import { Session } from './session.ts'

/** Runs work to an outcome: nothing is ever thrown over the boundary of the worker. */
async function settle<T>(run: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await run() }
  } catch (thrown) {
    return { ok: false, error: toRecError(thrown).toWire() }
  }
}

/**
 * The engine behind the worker's interface. Calls made while it starts wait for the start and share its error; after a start that
 * failed, `start` may be called again.
 */
export function createEngine(deps: EngineDeps): EngineApi {
  let opening: Promise<Session> | null = null
  let sawSignal = false
  const world: EngineDeps = { ...deps, seesPrivacySignal: () => sawSignal || deps.seesPrivacySignal() }
  const start = async (options: EngineOptions, notify: (notice: EngineNotice) => void): Promise<Session> => {
    opening ??= Session.open(world, checkOptions(options), quiet(notify))
    try {
      return await opening
    } catch (thrown) {
      opening = null
      throw thrown
    }
  }
  const stop = async (): Promise<null> => {
    const last = opening
    opening = null
    await (await last?.catch(() => null))?.stop() // a start that failed stopped itself
    return null
  }
  const call = <T>(run: (session: Session) => T | Promise<T>): Promise<Outcome<T>> =>
    settle(async () => {
      if (opening === null) throw new RecError('not-ready', 'the engine was not started')
      return run(await opening)
    })
  return {
    start: (options, notify) => settle(async () => (await start(options, notify)).status()),
    stop: () => settle(stop),
    ...createCalls(call),
    visibility: (isHidden, privacySignal = false) => {
      const isNews = privacySignal && !sawSignal
      sawSignal ||= privacySignal
      return call(async (session) => {
        if (isNews) await session.desk.reload() // empties what waits to be sent
        return session.visibility(isHidden)
      })
    },
  }
}

type Call = <T>(run: (session: Session) => T | Promise<T>) => Promise<Outcome<T>>

function createCalls(call: Call): Omit<EngineApi, 'start' | 'stop' | 'visibility'> {
  return {
    recommend: (request) => call(({ shelves }) => shelves.recommend(request)),
    cards: (ids) => call(({ shelves }) => shelves.cards(ids)),
    search: (request) => call(({ shelves }) => shelves.search.search(request)),
    categories: () => call(({ shelves }) => shelves.search.categories()),
    track: (events) => call(({ desk }) => desk.track(events)),
    status: () => call((session) => session.status()),
    refresh: () => call((session) => session.refresh()),
    history: () => call(({ desk }) => desk.history()),
    removeFromHistory: (id) => call(({ desk }) => desk.remove(id)),
    exportProfile: () => call(({ desk }) => desk.export()),
    importProfile: (profile) => call(({ desk }) => desk.import(profile)),
    explain: (id, request) => call(({ shelves }) => shelves.explain(id, request)),
    preferences: () => call(({ desk }) => desk.preferences()),
    setPreferences: (change) => call(({ desk }) => desk.setPreferences(change)),
    inspect: (scene) => call((session) => session.inspect(scene)),
    setConsent: (record) => call(({ desk }) => desk.setConsent(record)),
    feedback: () => call(({ desk }) => desk.feedback()),
    forget: (options) => call(({ desk }) => desk.forget(options)),
  }
}

/** A page that is gone, or whose listener throws, is no reason to fail. */
function quiet(notify: (notice: EngineNotice) => void): (notice: EngineNotice) => void {
  return (notice) => {
    try {
      Promise.resolve(notify(notice)).catch(() => undefined) // comlink answers with a promise
    } catch {
      // the listener's own affair
    }
  }
}
