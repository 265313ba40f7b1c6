import type { Dataset } from '../dataset.ts'
import { writeJsonLines } from './json-lines.ts'
import type { UserNdcg } from './judge-baselines.ts'
import type { TestUser } from './test-users.ts'

/** Writes one JSON line per tested user, best item first. */
export function writeRankings(path: string, { items }: Dataset) {
  return (tested: readonly TestUser[], lists: readonly Int32Array[]): Promise<void> =>
    writeJsonLines(
      path,
      tested.map(({ id }, at) => ({ user_id: id, items: Array.from(lists[at], (item) => items[item].id) })),
    )
}

/** Writes one JSON line per asked user: NDCG@k by method, those left out that did not ask this user. */
export function writeUsers(path: string, asked: readonly TestUser[], perUser: UserNdcg): Promise<void> {
  return writeJsonLines(
    path,
    asked.map(({ id }, user) => {
      const known = Object.entries(perUser).filter(([, ndcg]) => !Number.isNaN(ndcg[user]))
      return { user_id: id, ndcg: Object.fromEntries(known.map(([name, ndcg]) => [name, ndcg[user]])) }
    }),
  )
}
