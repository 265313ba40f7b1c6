import type { RecommendReply, RecommendRequest } from './rpc.ts'

/** A list that a device made beforehand for the next page, and when, ms UTC. */
export type NextList = { readonly at: number; readonly reply: RecommendReply }

/** How long a list made beforehand may stand for one that is not made yet. */
export const NEXT_LIST_MS = 86_400_000

/** Where pages and their workers find each other's lists: a cache, since a page reads it in some milliseconds without opening a database. */
export function nextListsName({ edge, site }: { readonly edge: string; readonly site: string }): string {
  return `pocketshelf:lists:${edge}|${site}`
}

const ADDRESS = 'https://next.invalid/?'

/** Under which address a request's list is kept; caches are keyed by addresses, and nothing is ever fetched from this one. */
export function addressOfRequest(request: RecommendRequest): string {
  const fields = Object.entries(request).filter(([, value]) => value !== undefined)
  return ADDRESS + encodeURIComponent(JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** The request of an address; undefined where it is none of ours. */
export function requestOfAddress(address: string): RecommendRequest | undefined {
  try {
    const fields: [string, unknown][] = JSON.parse(decodeURIComponent(address.slice(ADDRESS.length)))
    return Object.fromEntries(fields) as RecommendRequest // checked by whoever answers it
  } catch {
    return undefined
  }
}
