import { addressOfRequest, NEXT_LIST_MS, type NextList, nextListsName } from '#contract/next-lists'
import type { RecommendReply, RecommendRequest } from '#contract/rpc'
import type { Recommender } from './recommender.ts'

/** The list that the page before made for this request; null where it left none, or more than a day ago. Never rejects. */
export async function readNextList(
  { settings, storage }: Recommender,
  request: RecommendRequest,
): Promise<RecommendReply | null> {
  if ('code' in settings || storage.choice() !== 'persistent') return null
  try {
    const kept = await caches.match(addressOfRequest(request), { cacheName: nextListsName(settings.engine) })
    const list: NextList | undefined = await kept?.json()
    if (list === undefined) return null
    const ageMs = Date.now() - list.at
    return ageMs >= 0 && ageMs < NEXT_LIST_MS ? list.reply : null
  } catch {
    return null // a browser without caches, or one that refuses them here
  }
}
