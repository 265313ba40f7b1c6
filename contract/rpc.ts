import type { Card } from './cards.ts'
import type { WireError } from './errors.ts'
import type { DeviceEvent, EventType, Scene } from './events.ts'

/** Where the visitor's own data lives: gone with the page, or kept in IndexedDB. */
export type StorageMode = 'memory' | 'persistent'

/** What may leave the device, weakest first; the effective mode is the least of site ceiling, choice and signals. */
export type ConsentMode = 'off' | 'aggregate' | 'first-party'

export type TierName = 'saver' | 'phone' | 'desktop'

/** `auto` ranks by trees in WebAssembly or JavaScript where a release has them in that form, else by ONNX Runtime. */
export type RankerChoice = 'auto' | 'onnx' | 'trees'

export type GraphChoice = 'auto' | 'hnswlib'

/** What a page hands to its worker once. */
export type EngineOptions = {
  /** Absolute URL of the edge, without a trailing slash. */
  readonly edge: string
  readonly site: string
  readonly channel: string
  /** Trusted Ed25519 public keys, raw 32 bytes in base64url; one or two. */
  readonly keys: readonly string[]
  readonly storage: StorageMode
  /** The most that the site asks visitors for. */
  readonly consentCeiling: ConsentMode
  /** Global Privacy Control or Do Not Track as the page sees it; then nothing is ever sent. */
  readonly privacySignal: boolean
  readonly tier: TierName | 'auto'
  /** What ranks: by rule (default), or always ONNX Runtime, or never. */
  readonly ranker?: RankerChoice
  /** What searches graphs: our SIMD kernel where it runs (default), or always hnswlib-wasm. */
  readonly graphs?: GraphChoice
  /** Device hints the worker cannot see. */
  readonly saveData: boolean
  readonly device: number
  readonly locale: string
  /** Absolute URL of the folder with the built files (`BUILT_FILES`), a slash at its end. */
  readonly assets: string
}

export type ConsentRecord = {
  readonly version: 1
  readonly choice: ConsentMode
  readonly at: number
  readonly textHash: string
  /** Milliseconds UTC after which the choice must be asked again. */
  readonly expires: number
}

export type RecommendRequest = {
  readonly scene: Scene
  readonly count: number
  /** Item that the page is about (similar, bought together), or several (cart). */
  readonly contextItems?: readonly string[]
  /** Only items of these categories (names). */
  readonly categories?: readonly string[]
  readonly exclude?: readonly string[]
  /** Candidates to re-rank (scene `rerank`), in the page's order. */
  readonly items?: readonly string[]
  /** Price limits in major units. */
  readonly minPrice?: number
  readonly maxPrice?: number
  /** Overrides of the manifest's rule defaults; null switches all rules off. */
  readonly rules?: {
    readonly maxPerCategory?: number
    readonly diversity?: number
    readonly exploration?: number
  } | null
  /** Clock of the request, ms; the device's own where absent. Tests and replays set it. */
  readonly now?: number
  readonly tzOffsetMin?: number | null
  /** Whether items of the history may be recommended again; false by default. */
  readonly includeSeen?: boolean
  /** Whether the page shows a list already, and would rather wait two seconds for one of the whole catalogue than have one of a part of it. */
  readonly isPatient?: boolean
}

/** Why an item is in a list; the client words it. */
export type Reason =
  | { readonly type: 'because-you'; readonly item: string; readonly title: string }
  | { readonly type: 'category'; readonly category: string }
  | { readonly type: 'similar-to'; readonly item: string; readonly title: string }
  | { readonly type: 'popular' }
  | { readonly type: 'trending' }
  | { readonly type: 'new' }
  | { readonly type: 'explore' }

export type RecommendedItem = {
  readonly id: string
  readonly itemNo: number
  readonly card: Card & { readonly category: string; readonly price: number | null; readonly currency: string }
  readonly score: number
  readonly reasons: readonly Reason[]
  readonly channels: readonly (
    | 'vector'
    | 'voters'
    | 'popular'
    | 'trending'
    | 'fresh'
    | 'content'
    | 'given'
    | 'sequence'
  )[]
  /** Chance of being shown at this place where exploration had a part, else 1. */
  readonly propensity: number
}

/** Milliseconds of each stage, and what served. */
export type Timings = {
  readonly foldInMs: number
  readonly retrievalMs: number
  readonly featuresMs: number
  readonly rankingMs: number
  readonly rulesMs: number
  readonly totalMs: number
}

export type RecommendReply = {
  /** Random id of this answer, for attribution on the device. */
  readonly list: string
  readonly scene: Scene
  readonly release: string
  readonly items: readonly RecommendedItem[]
  readonly personal: boolean
  readonly ranker: 'onnx' | 'trees' | 'none'
  readonly retriever: readonly ('hnsw' | 'hnswlib' | 'scan' | 'scan-js')[]
  readonly candidates: number
  readonly timings: Timings
}

export type TrackInput = Omit<DeviceEvent, 'v' | 'at' | 'tzOffsetMin' | 'release' | 'arm'> & {
  readonly type: EventType
  readonly at?: number
  readonly tzOffsetMin?: number
}

export type EngineStatus = {
  readonly release: string | null
  readonly sequence: number
  readonly tier: TierName
  readonly residentItems: number
  readonly residentCells: number
  readonly totalCells: number
  readonly storedBytes: number
  readonly memoryBytes: number
  readonly storage: StorageMode
  readonly ranker: 'onnx' | 'trees' | 'none'
  readonly retrievers: readonly ('hnsw' | 'hnswlib' | 'scan' | 'scan-js')[]
  readonly historyItems: number
  readonly consent: ConsentMode
  /** Events that wait to be sent (first-party mode only). */
  readonly pendingEvents: number
  /** Events that left this device since the visitor's last `forget`, and when the last did, ms; 0 and null when none has. */
  readonly sentEvents: number
  readonly lastSentAt: number | null
  readonly lastError: WireError | null
}

/** What the visitor wants of every list. */
export type Preferences = {
  /** 0 familiar … 1 surprising; at 0.5 the site's own rules hold. */
  readonly surprise: number
  /** Categories (names) that no list shows. */
  readonly muted: readonly string[]
}

/**
 * Why an item is in a list or not: it is in it; others scored higher; rules of variety put others there; no channel found it; it was seen,
 * refused (less like this, hide) or muted by the visitor; the request excluded it or its filters did; the site does not offer it; or it is
 * not on this device.
 */
export type Verdict =
  | 'shown'
  | 'outranked'
  | 'varied'
  | 'not-found'
  | 'seen'
  | 'refused'
  | 'muted'
  | 'excluded'
  | 'filtered'
  | 'unavailable'
  | 'unknown'

/** An item as one list sees it. */
export type Explanation = {
  readonly id: string
  readonly verdict: Verdict
  readonly scene: Scene
  readonly card: CardView | null
  /** Place in the list, from 0; null where it is not in it. */
  readonly position: number | null
  /** Place among the candidates by score alone, from 0; null where it is none. */
  readonly rank: number | null
  readonly candidates: number
  readonly score: number | null
  /** Lowest score in the list; null for an empty one. */
  readonly leastShown: number | null
  readonly reasons: readonly Reason[]
  readonly channels: RecommendedItem['channels']
  /** What the ranker sees of it, by name; empty where it is no candidate. */
  readonly features: Readonly<Record<string, number>>
}

/** Everything behind one page's lists, for a developer who looks. */
export type Inspection = {
  readonly status: EngineStatus
  /** A scene's last request, answered again; null before the first. */
  readonly list: {
    readonly reply: RecommendReply
    /** Candidates by the channel that found them; several may find one. */
    readonly channels: Readonly<Record<string, number>>
    readonly featureNames: readonly string[]
    /** One row per item of the reply, in feature order; empty where a rule put the item there. */
    readonly features: readonly (readonly number[])[]
    /** Place by score alone, one per item of the reply; -1 where a rule put it there. */
    readonly ranks: readonly number[]
    /** Rules in force, null when they are off. */
    readonly rules: Readonly<Record<string, number>> | null
  } | null
  readonly release: { readonly name: string; readonly createdAt: string; readonly arm: string; readonly items: number }
  /** Resident cells in table order. */
  readonly cells: readonly { readonly cell: number; readonly role: string; readonly items: number }[]
  readonly objects: { readonly stored: number; readonly fetched: number; readonly reused: number }
  /** What is kept about the visitor and what was sent. */
  readonly ledger: {
    readonly events: number
    readonly choice: ConsentMode | null
    readonly expires: number | null
    readonly preferences: Preferences
  }
}

/** `ledger` also erases the days of private reports, which keep the budget from starting anew. */
export type ForgetOptions = { readonly ledger?: boolean }

/** What private feedback did with this device's budget, in terms that a visitor can be shown. */
export type FeedbackStatus = {
  readonly mode: ConsentMode
  /** Reports charged in the last 28 days, sent or lost, and the most that may be. */
  readonly sent28d: number
  readonly cap28d: number
  readonly epsSum28d: number
  /** The last report, its 32 bytes in hex. */
  readonly lastRecordHex?: string
  /** SHA-256 of what visitors are asked now; null when nothing is. */
  readonly planHash: string | null
  /** Reports written and not sent yet. */
  readonly waiting: number
  /** Each report of the last 28 days: UTC day number, epsilon, question and bytes. */
  readonly debits: readonly {
    readonly day: number
    readonly epsilon: number
    readonly question: string
    readonly hex: string
  }[]
}

/** What the worker tells the page without being asked. */
export type EngineNotice =
  | { readonly type: 'ready'; readonly release: string; readonly personal: boolean }
  | {
      readonly type: 'release-changed'
      readonly release: string
      readonly fetchedObjects: number
      readonly reusedObjects: number
    }
  | { readonly type: 'engines-ready' }
  | { readonly type: 'profile-changed' }
  | { readonly type: 'error'; readonly error: WireError }

/** A card with what its cell's columns and dictionaries add. */
export type CardView = RecommendedItem['card']

/** Looks through the resident cards; both conditions must hold where both are given. */
export type SearchRequest = {
  /** Words that the title or category must contain, in any order, without regard to case and accents; empty for all items. */
  readonly text?: string
  /** Only items of this category (name). */
  readonly category?: string
  /** Items to answer, 1…200. */
  readonly limit: number
  /** Matches to skip, 0 by default. */
  readonly offset?: number
}

/** Matches by descending popularity; titles that start with the text come first. */
export type SearchReply = {
  /** All matches among the resident items. */
  readonly total: number
  readonly items: readonly CardView[]
}

/** Categories that have resident items, most items first. */
export type CategoryCount = { readonly name: string; readonly items: number }

/**
 * Names of the built files that stand beside `pocketshelf.js`; the client makes absolute URLs of them,
 * the build writes them, and none carries a hash in its name.
 */
export const BUILT_FILES = {
  shelf: 'pocketshelf-shelf.js',
  inspector: 'pocketshelf-inspector.js',
  watch: 'pocketshelf-watch.js',
  ask: 'pocketshelf-ask.js',
  profile: 'pocketshelf-profile.js',
  worker: 'pocketshelf-worker.js',
  scanWasm: 'pocketshelf-scan.wasm',
  feedbackJs: 'pocketshelf-feedback.js',
  hnswJs: 'pocketshelf-hnsw.js',
  ortWasm: 'pocketshelf-ort.wasm',
  ortJs: 'pocketshelf-ort.js',
} as const

/** Result of a call that crosses the worker boundary: values and errors both travel as data. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError }

/** A profile in a form that the visitor can keep and import elsewhere. */
export type ProfileExport = {
  readonly v: 1
  readonly site: string
  readonly exportedAt: number
  readonly events: readonly DeviceEvent[]
  readonly preferences?: Preferences
}

/** The worker's interface; comlink carries it, the client wraps each call with a deadline. */
export interface EngineApi {
  start(options: EngineOptions, notify: (notice: EngineNotice) => void): Promise<Outcome<EngineStatus>>
  recommend(request: RecommendRequest): Promise<Outcome<RecommendReply>>
  /** Cards of items by text id, in the order asked; unknown ones are left out. */
  cards(ids: readonly string[]): Promise<Outcome<readonly CardView[]>>
  /** Searches the resident cards. */
  search(request: SearchRequest): Promise<Outcome<SearchReply>>
  categories(): Promise<Outcome<readonly CategoryCount[]>>
  track(events: readonly TrackInput[]): Promise<Outcome<number>>
  status(): Promise<Outcome<EngineStatus>>
  /** Looks for a newer release now. */
  refresh(): Promise<Outcome<EngineStatus>>
  history(): Promise<Outcome<readonly DeviceEvent[]>>
  removeFromHistory(id: string): Promise<Outcome<number>>
  exportProfile(): Promise<Outcome<ProfileExport>>
  importProfile(profile: ProfileExport): Promise<Outcome<number>>
  /** Why an item is in the list that a request gives, or why it is not. */
  explain(id: string, request: RecommendRequest): Promise<Outcome<Explanation>>
  preferences(): Promise<Outcome<Preferences>>
  /** Changes what is named, and keeps it with the profile. */
  setPreferences(change: Partial<Preferences>): Promise<Outcome<Preferences>>
  inspect(scene: Scene): Promise<Outcome<Inspection>>
  setConsent(record: ConsentRecord): Promise<Outcome<ConsentMode>>
  /** What private feedback charged and sent. */
  feedback(): Promise<Outcome<FeedbackStatus>>
  /** Erases history, profile, outbox and learned state; shards stay, they say nothing about the visitor. */
  forget(options?: ForgetOptions): Promise<Outcome<null>>
  /**
   * The page was hidden or shown: a hidden one stops polling at once and drops its engines after 30 s. A privacy signal that it sees by then counts for
   * as long as the engine runs.
   */
  visibility(isHidden: boolean, privacySignal?: boolean): Promise<Outcome<null>>
  stop(): Promise<Outcome<null>>
}
