/** One request that a page, its workers or its service worker sent. */
export type SentRequest = {
  readonly method: string
  readonly url: string
  /** As browsers name it: `fetch`, `script`, `image`, `ping`, … */
  readonly kind: string
  readonly referrer: string
  /** Names of cookies that went along. */
  readonly cookies: readonly string[]
  /** Text of the body, cut to BODY_CHARS; empty where there is none. */
  readonly body: string
  readonly bodyBytes: number
  /** 0 where nothing answered. */
  readonly status: number
  readonly receivedBytes: number
}

/** What is kept of one body. Characters. */
export const BODY_CHARS = 2_000

export type StoredCookie = {
  readonly name: string
  readonly domain: string
  readonly bytes: number
  readonly value: string
}

/** What lies in the browser's storage of one origin. */
export type StoredData = {
  readonly origin: string
  readonly local: readonly { readonly key: string; readonly bytes: number; readonly value: string }[]
  readonly session: readonly { readonly key: string; readonly bytes: number; readonly value: string }[]
  /** Names of IndexedDB databases. */
  readonly databases: readonly string[]
  /** Names of caches. */
  readonly caches: readonly string[]
}

/** How a page says it uses Pocketshelf. */
export type PageUse = {
  /** Origins of edges: of `data-edge`, and of every `/v1/sites/…` request. */
  readonly edges: readonly string[]
  /** `data-storage="memory"`. */
  readonly isMemoryOnly: boolean
  /** The mode in force: `off`, `aggregate`, `first-party`; null where the page did not say. */
  readonly consent: string | null
  /** Ids of items that shelves showed or the page named. */
  readonly items: readonly string[]
  readonly shelves: number
  /** Cards shown when the watching ended. */
  readonly cards: number
}

/** Everything that was seen while a page was open. */
export type Observation = {
  readonly url: string
  readonly title: string
  readonly seconds: number
  /** Whether the browser said Global Privacy Control. */
  readonly hasSignal: boolean
  readonly requests: readonly SentRequest[]
  readonly cookies: readonly StoredCookie[]
  readonly storage: readonly StoredData[]
  readonly use: PageUse
  readonly errors: readonly string[]
}
