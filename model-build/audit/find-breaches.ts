import type { Observation, SentRequest } from './observation.ts'

/** What a promise forbids, each with the sentence that it breaks. */
export const RULES = {
  'edge-cookie': 'Requests to the edge carry no cookies.',
  'edge-referrer': 'Requests for objects carry no referrer.',
  'edge-query': 'Requests for a release say nothing but its address: no query.',
  'body-without-consent': 'Nothing leaves the device by default: without consent no request to the edge has a body.',
  'body-against-signal': 'Global Privacy Control switches everything off.',
  'event-time': 'Events leave with their time cut to the hour and without a time zone.',
  'report-size': 'A report in aggregate mode has exactly 32 bytes.',
  'history-elsewhere': 'What a visitor was shown or did goes to nobody else, neither in an address nor in a body.',
  'history-in-cookie': 'No cookie holds what a visitor was shown or did.',
  'memory-stored': 'With data-storage="memory" nothing outlives the page.',
} as const

export type Rule = keyof typeof RULES

/** A promise that was broken, and by what. */
export type Breach = {
  readonly rule: Rule
  readonly promise: string
  /** Method and address, or the name of a cookie or database. */
  readonly what: string
  /** How often it happened. */
  readonly count: number
}

/** Shorter ids are found in any address. Characters. */
const MIN_ID_CHARS = 3

/** Judges an observation by our promises; what a page does on its own account is listed elsewhere, not judged. */
export function findBreaches(seen: Observation): Breach[] {
  const found = new Map<string, Breach>()
  const add = (rule: Rule, what: string) => {
    const before = found.get(`${rule} ${what}`)
    found.set(`${rule} ${what}`, { rule, promise: RULES[rule], what, count: (before?.count ?? 0) + 1 })
  }
  for (const request of seen.requests) {
    if (isOurs(request)) judgeOurs(request, seen, add)
    else judgeOthers(request, seen, add)
  }
  for (const { name, value } of seen.cookies) if (namesItem(value, seen)) add('history-in-cookie', name)
  if (seen.use.isMemoryOnly) {
    const names = seen.storage.flatMap(({ databases, caches }) => [...databases, ...caches])
    for (const name of names) if (/^pocketshelf/.test(name)) add('memory-stored', name)
  }
  return [...found.values()].sort((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}

type Add = (rule: Rule, what: string) => void

function isOurs({ url }: SentRequest): boolean {
  return /^\/v1\/sites\/[^/]+\//.test(new URL(url).pathname)
}

function judgeOurs(request: SentRequest, seen: Observation, add: Add): void {
  const url = new URL(request.url)
  const what = `${request.method} ${url.origin}${url.pathname.replace(/[0-9a-f]{64}$/, '…')}`
  if (request.cookies.length > 0) add('edge-cookie', what)
  if (request.referrer !== '' && url.pathname.includes('/objects/')) add('edge-referrer', what)
  if (url.search !== '' && request.method === 'GET') add('edge-query', what)
  if (request.bodyBytes === 0) return
  if (seen.hasSignal) add('body-against-signal', what)
  else if (seen.use.consent === null || seen.use.consent === 'off') add('body-without-consent', what)
  if (url.pathname.endsWith('/r') && request.bodyBytes !== 32) add('report-size', what)
  if (url.pathname.endsWith('/events') && !hasCoarseTimes(request.body)) add('event-time', what)
}

/** Whether every `at` of a batch is a whole hour and no zone is told; a body that was cut is judged by what is there. */
function hasCoarseTimes(body: string): boolean {
  const times = Array.from(body.matchAll(/"at"\s*:\s*(-?\d+(?:\.\d+)?)/g), ([, at]) => Number(at))
  return times.every((at) => at % 3_600_000 === 0) && !body.includes('tzOffsetMin')
}

function judgeOthers(request: SentRequest, seen: Observation, add: Add): void {
  const url = new URL(request.url)
  if (url.origin === new URL(seen.url).origin || !/^https?:$/.test(url.protocol)) return
  if (request.kind === 'image' && request.bodyBytes === 0 && url.search === '') return // whoever serves the covers sees which were shown
  if (namesItem(`${url.pathname}${url.search}`, seen) || namesItem(request.body, seen))
    add('history-elsewhere', `${request.method} ${url.origin}${url.pathname}`)
}

/** Whether one of the items' ids stands in a text by itself. */
function namesItem(text: string, { use }: Observation): boolean {
  if (text === '') return false
  const plain = decode(text)
  return use.items.some((id) => {
    if (id.length < MIN_ID_CHARS) return false
    for (let at = plain.indexOf(id); at >= 0; at = plain.indexOf(id, at + 1))
      if (!isWordPart(plain[at - 1]) && !isWordPart(plain[at + id.length])) return true
    return false
  })
}

function isWordPart(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{L}\p{N}_]/u.test(sign)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
