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
  const session = async (): Promise<Session> => {
    if (opening === null) throw new RecError('not-ready', 'the engine was not started')
    return opening
  }
  const start = async (options: EngineOptions, notify: (notice: EngineNotice) => void): Promise<Session> => {
    opening ??= Session.open(deps, checkOptions(options), quiet(notify))
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
  return {
    start: (options, notify) => settle(async () => (await start(options, notify)).status()),
    recommend: (request) => settle(async () => (await session()).shelves.recommend(request)),
    cards: (ids) => settle(async () => (await session()).shelves.cards(ids)),
    search: (request) => settle(async () => (await session()).shelves.search.search(request)),
    categories: () => settle(async () => (await session()).shelves.search.categories()),
    track: (events) => settle(async () => (await session()).desk.track(events)),
    status: () => settle(async () => (await session()).status()),
    refresh: () =>
      settle(async () => {
        const live = await session()
        await live.refresh()
        return live.status()
      }),
    history: () => settle(async () => (await session()).desk.history()),
    removeFromHistory: (id) => settle(async () => (await session()).desk.remove(id)),
    exportProfile: () => settle(async () => (await session()).desk.export()),
    importProfile: (profile) => settle(async () => (await session()).desk.import(profile)),
    setConsent: (record) => settle(async () => (await session()).desk.setConsent(record)),
    forget: () =>
      settle(async () => {
        await (await session()).desk.forget()
        return null
      }),
    visibility: (isHidden) =>
      settle(async () => {
        const live = await session()
        live.visibility(isHidden)
        return null
      }),
    stop: () => settle(stop),
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
