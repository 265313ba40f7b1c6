import { RecError, toRecError } from '#contract/errors'
import type { DeviceEvent, Scene } from '#contract/events'
import type { LIMITS } from '#contract/limits'
import type {
  CardView,
  CategoryCount,
  ConsentMode,
  ConsentRecord,
  EngineNotice,
  EngineStatus,
  Explanation,
  FeedbackStatus,
  ForgetOptions,
  Inspection,
  Preferences,
  RecommendReply,
  RecommendRequest,
  SearchReply,
  SearchRequest,
  TrackInput,
} from '#contract/rpc'
import { type Beliefs, summariseBeliefs } from './beliefs.ts'
import { type Connection, createConnection } from './connection.ts'
import { createConsentRecord } from './consent.ts'
import type { Part } from './load-part.ts'
import { type RecommenderOptions, resolveOptions, type Settings } from './options.ts'
import { markOnce, ownStore, readPageSigns, seesPrivacySignal, whenIdle } from './page-signs.ts'
import { createPendingEvents } from './pending-events.ts'
import { createPersistence } from './persistence.ts'
import type { ProfileTextOptions, readProfile, writeProfile } from './profile-text.ts'
import { startInPage, startWorker } from './start-worker.ts'
import { createStorageChoice, type StorageChoice } from './storage-choice.ts'

/**
 * What a visitor changes of the profile; what is not named stays.
 * @public
 */
export type ProfileChange = Partial<Preferences> & {
  /** Items whose every event is forgotten. */
  readonly remove?: readonly string[]
}

type NoticeType = EngineNotice['type']

/**
 * The recommender of one page. Every promise settles; one that nobody awaits never reaches the page as an error.
 * All rejections are `RecError` with a `code`.
 * @public
 */
export interface Recommender {
  /** A list for a scene; `count` is 8 where absent. */
  recommend(request: Partial<RecommendRequest> & Pick<RecommendRequest, 'scene'>): Promise<RecommendReply>
  /** Items like one item. */
  similar(id: string, options?: Omit<Partial<RecommendRequest>, 'scene' | 'contextItems'>): Promise<RecommendReply>
  /** The page's own candidates, best first for this visitor; those that are not on the device are left out. */
  rerank(
    items: readonly string[],
    options?: Omit<Partial<RecommendRequest>, 'scene' | 'items'>,
  ): Promise<RecommendReply>
  /** Tells the device what the visitor did; nothing is sent by this. */
  track(events: TrackInput | readonly TrackInput[]): Promise<number>
  /** Searches the items on this device. */
  search(request: SearchRequest): Promise<SearchReply>
  categories(): Promise<readonly CategoryCount[]>
  cards(ids: readonly string[]): Promise<readonly CardView[]>
  /** With an id: why that item is in the list of a request (by default `for-you`), or why it is not. Without: what the device believes. */
  explain(): Promise<Beliefs>
  explain(id: string, request?: Partial<RecommendRequest>): Promise<Explanation>
  /** How a scene's last list was made, and all that the device holds; for developers. */
  inspect(scene?: Scene): Promise<Inspection>
  status(): Promise<EngineStatus>
  /** Looks for a newer release now. */
  refresh(): Promise<EngineStatus>
  /** What the device remembers, in the visitor's hands. */
  readonly profile: {
    /** What the visitor did, latest first. */
    history(): Promise<readonly DeviceEvent[]>
    preferences(): Promise<Preferences>
    /** Forgets items, turns the dial from familiar to surprising, mutes categories. */
    edit(change: ProfileChange): Promise<Preferences>
    /** Everything as text, to be kept as a file or shown as a QR code. */
    export(options?: ProfileTextOptions): Promise<string>
    /** Adds what `export` wrote, here or on another device. @returns Events that were new. */
    import(text: string, options?: Pick<ProfileTextOptions, 'passphrase'>): Promise<number>
  }
  /** Erases everything the device knows about the visitor. */
  forget(options?: ForgetOptions): Promise<null>
  /** Private reports, for a panel: what was charged and sent, what is left. */
  readonly feedback: { mode(): Promise<ConsentMode>; status(): Promise<FeedbackStatus> }
  readonly consent: {
    mode(): Promise<ConsentMode>
    /** @param proof - The text the visitor agreed to, as it was shown. */
    set(choice: ConsentMode, proof: { readonly text: string }): Promise<ConsentMode>
    withdraw(): Promise<ConsentMode>
  }
  /** The visitor's answer to whether this browser may keep anything, where the site asks (`storage: 'ask'`). */
  readonly storage: StorageChoice
  /** Listens to the engine; returns the function that ends it. */
  on<T extends NoticeType>(type: T, listener: (notice: Extract<EngineNotice, { type: T }>) => void): () => void
  /** What the recommender was set up with, or the error in its options. */
  readonly settings: Settings | RecError
  stop(): void
}

declare const __POCKETSHELF_INTEGRITY__: Readonly<Record<'worker' | 'shelf', string>>

/** As in `LIMITS`, whose other entries the script does without. */
const LIST_ITEMS: (typeof LIMITS)['listItems'] = 200
const START_DEADLINE_MS = 60_000
const RETRY_MS = 15_000

/** Reads and writes profiles as text. */
export type ProfileText = { readonly readProfile: typeof readProfile; readonly writeProfile: typeof writeProfile }

/** What a script brings for its recommender. */
export type Surroundings = Pick<Part, 'trust' | 'nonce'> & {
  /** Asked for when a profile is exported or imported. */
  readonly profileText: () => Promise<ProfileText>
}

/** Creates a recommender whose built files lie beside `scriptUrl` unless the options say otherwise. */
export function createRecommenderAt(
  options: RecommenderOptions,
  scriptUrl: string,
  { profileText, ...rights }: Surroundings,
): Recommender {
  const isPage = typeof document !== 'undefined'
  const settings = settle(() => {
    if (isPage) return resolveOptions(options, readPageSigns(scriptUrl))
    throw new RecError('engine-unavailable', 'lists are made in a browser')
  })
  const listeners = new Set<(notice: EngineNotice) => void>()
  const notify = (notice: EngineNotice) => {
    if (notice.type === 'engines-ready') markOnce('engines-ready')
    for (const listener of [...listeners]) shield(() => listener(notice))
  }
  const connection = settings instanceof RecError ? refusing(settings) : connect(settings, notify, rights)
  const on: Recommender['on'] = (type, listener) => {
    const wrapped = (notice: EngineNotice) => {
      if (notice.type === type) listener(notice as Parameters<typeof listener>[0]) // the type was just compared
    }
    listeners.add(wrapped)
    return () => listeners.delete(wrapped)
  }
  const { follow, ...methods } = createMethods(connection, settings)
  const life = new AbortController()
  if (isPage) listen(connection, follow, life)
  const stop = () => {
    life.abort()
    listeners.clear()
    connection.stop()
  }
  return { ...methods, profile: createProfile(connection, profileText), on, settings, stop }
}

/** Tells the engine what happens to its page, until the end of `life`. */
function listen(connection: Connection, follow: () => void, life: AbortController): void {
  document.addEventListener('visibilitychange', () => connection.tell('visibility', ...lookAtPage()), life)
  addEventListener('online', () => connection.wake(), life)
  addEventListener('storage', follow, life)
  addEventListener('pageshow', follow, life) // a page that was kept hears nothing of other pages
  // A page that is kept may be frozen in the middle of a transaction, which would lock the next page out of the database.
  addEventListener(
    'pagehide',
    ({ persisted }) => {
      if (persisted)
        connection.restart(undefined, new Promise((show) => addEventListener('pageshow', show, { once: true })))
    },
    life,
  )
}

/** Whether the page is hidden, and whether its browser asks that nothing be sent. */
function lookAtPage(): [boolean, boolean] {
  return [document.visibilityState === 'hidden', seesPrivacySignal()]
}

function createMethods(
  connection: Connection,
  settings: Settings | RecError,
): Omit<Recommender, 'profile' | 'on' | 'settings' | 'stop'> & { follow(): void } {
  const { engine, persist }: Partial<Settings> = settings instanceof RecError ? {} : settings
  const waiting = () => ownStore('sessionStorage')
  const pending = createPendingEvents(
    engine?.storage === 'persistent' ? waiting() : null,
    `${engine?.edge}|${engine?.site}`,
  )
  const { latest, ...consent } = createConsent(connection)
  const answers = () => ownStore('localStorage')
  const storage = createStorageChoice({ connection, settings, pending, answers, waiting, consent: latest })
  const keep = createPersistence(() => connection.call('status'), persist === 'ask' ? navigator.storage : undefined)
  const send = async (events: readonly TrackInput[]) => {
    try {
      const stored = await connection.call('track', events)
      pending.settle(events)
      void quiet(keep())
      return stored
    } catch (thrown) {
      if (Object(thrown).code === 'bad-request') pending.settle(events) // no later page has more luck with them
      throw thrown
    }
  }
  if (pending.leftOver.length > 0) void quiet(send(pending.leftOver))
  return {
    ...createLists(connection),
    track(events) {
      const stamped = [events].flat().map(stamp)
      pending.add(stamped)
      return quiet(send(stamped))
    },
    search: (request) => quiet(connection.call('search', request)),
    categories: () => quiet(connection.call('categories')),
    cards: (ids) => quiet(connection.call('cards', ids)),
    status: () => quiet(connection.call('status')),
    refresh: () => quiet(connection.call('refresh')),
    inspect: (scene = 'for-you') => quiet(connection.call('inspect', scene)),
    forget(options) {
      pending.clear()
      return quiet(connection.call('forget', options))
    },
    feedback: {
      mode: () => quiet(connection.call('feedback').then(({ mode }) => mode)),
      status: () => quiet(connection.call('feedback')),
    },
    consent,
    storage: { choice: storage.choice, choose: (choice) => quiet(storage.choose(choice)) },
    follow: () => void quiet(storage.follow()),
  }
}

/** The visitor's choice about sending; `latest` is the one made in this page. */
function createConsent(connection: Connection): Recommender['consent'] & { latest(): ConsentRecord | null } {
  let record: ConsentRecord | null = null
  const set = async (choice: ConsentMode, text: string) => {
    record = await createConsentRecord(choice, text, Date.now())
    return connection.call('setConsent', record)
  }
  return {
    mode: () => quiet(connection.call('status').then((status) => status.consent)),
    set: (choice, { text }) => quiet(set(choice, text)),
    withdraw: () => quiet(set('off', '')),
    latest: () => record,
  }
}

function createLists(connection: Connection): Pick<Recommender, 'recommend' | 'similar' | 'rerank' | 'explain'> {
  const ask = async (request: RecommendRequest) => {
    const reply = await connection.call('recommend', request)
    if (reply.items.length > 0) markOnce('first-list')
    if (reply.personal) markOnce('first-personal-list')
    return reply
  }
  const believe = async () => {
    const events = await connection.call('history')
    return summariseBeliefs(events, await connection.call('cards', [...new Set(events.map((event) => event.item))]))
  }
  function explain(): Promise<Beliefs>
  function explain(id: string, request?: Partial<RecommendRequest>): Promise<Explanation>
  function explain(id?: string, request?: Partial<RecommendRequest>): Promise<Beliefs | Explanation> {
    if (id === undefined) return quiet(believe())
    return quiet(connection.call('explain', id, { scene: 'for-you', count: 8, ...request }))
  }
  return {
    recommend: (request) => quiet(ask({ count: 8, ...request })),
    similar: (id, options) => quiet(ask({ count: 8, ...options, scene: 'similar', contextItems: [id] })),
    rerank: (items, options) =>
      quiet(ask({ count: Math.max(1, Math.min(items.length, LIST_ITEMS)), ...options, scene: 'rerank', items })),
    explain,
  }
}

function createProfile(connection: Connection, text: Surroundings['profileText']): Recommender['profile'] {
  const edit = async ({ remove = [], ...preferences }: ProfileChange) => {
    for (const id of remove) await connection.call('removeFromHistory', id)
    return Object.keys(preferences).length === 0
      ? connection.call('preferences')
      : connection.call('setPreferences', preferences)
  }
  const exportText = async (options: ProfileTextOptions) => {
    const [profile, { writeProfile }] = await Promise.all([connection.call('exportProfile'), text()])
    return writeProfile(profile, options)
  }
  const importText = async (from: string, options: ProfileTextOptions) =>
    connection.call('importProfile', await (await text()).readProfile(from, options))
  return {
    history: () => quiet(connection.call('history')),
    preferences: () => quiet(connection.call('preferences')),
    edit: (change) => quiet(edit(change)),
    export: (options = {}) => quiet(exportText(options)),
    import: (from, options = {}) => quiet(importText(from, options)),
  }
}

function connect(
  settings: Settings,
  notify: (notice: EngineNotice) => void,
  rights: Pick<Part, 'trust' | 'nonce'>,
): Connection {
  const part: Part = { url: settings.workerUrl, integrity: __POCKETSHELF_INTEGRITY__.worker, ...rights }
  return createConnection({
    options: settings.engine,
    notify,
    now: () => performance.now(),
    deadlineMs: settings.deadlineMs,
    startDeadlineMs: Math.max(START_DEADLINE_MS, settings.deadlineMs),
    retryMs: RETRY_MS,
    sight: lookAtPage,
    async spawn() {
      if (settings.start === 'idle') await whenIdle()
      markOnce('start')
      return await startWorker(part).catch((refused: RecError) => {
        notify({ type: 'error', error: refused.toWire() })
        return startInPage(part)
      })
    },
  })
}

/** A connection for options that cannot work: every call gives the reason. */
function refusing(error: RecError): Connection {
  const nothing = () => undefined
  return { call: () => Promise.reject<never>(error), tell: nothing, wake: nothing, restart: nothing, stop: nothing }
}

/** Marks a promise as looked after, so that a page that does not await it sees no unhandled rejection. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  void promise.catch(() => undefined) // whoever awaits the same promise still gets the error
  return promise
}

function stamp(event: TrackInput): TrackInput {
  return { at: Date.now(), tzOffsetMin: -new Date().getTimezoneOffset(), ...event }
}

/** Keeps an exception of a page's own listener from ending our loop; it is reported as the page's. */
function shield(run: () => void): void {
  try {
    run()
  } catch (error) {
    reportError(error)
  }
}

function settle<T>(run: () => T): T | RecError {
  try {
    return run()
  } catch (error) {
    return toRecError(error, 'config-invalid')
  }
}
