import { judgeQueries } from '../train/judge-queries.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { SequenceNetwork } from './network.ts'

/** Histories (oldest first) and what was taken after them. */
export type JudgedUsers = { readonly histories: readonly Int32Array[]; readonly truths: readonly Int32Array[] }

/** Histories encoded at once. */
const AT_ONCE = 8

/** Mean NDCG@20 over the full catalogue, history items masked. */
export function judgeNetwork(
  pool: KernelPool,
  network: SequenceNetwork,
  users: JudgedUsers,
  itemCount: number,
): Promise<number> {
  const { dim } = network.shape
  const { histories } = users
  return pool.scope(async () => {
    const queries = new Float32Array(histories.length * dim)
    for (let first = 0; first < histories.length; first += AT_ONCE) {
      const some = histories.slice(first, first + AT_ONCE)
      queries.set(await lastVectors(network, some), first * dim)
    }
    return judgeQueries(pool, { queries, items: network.table.subarray(0, itemCount * dim), dim }, users)
  })
}

async function lastVectors(network: SequenceNetwork, histories: readonly Int32Array[]): Promise<Float32Array> {
  const { dim, length } = network.shape
  const recent = histories.map((history) => history.slice(-length))
  const offsets = new Int32Array(recent.length + 1)
  recent.forEach((history, s) => {
    offsets[s + 1] = offsets[s] + history.length
  })
  const items = new Int32Array(offsets[recent.length])
  recent.forEach((history, s) => {
    items.set(history, offsets[s])
  })
  const encoded = await network.encode({ offsets, items })
  const vectors = new Float32Array(recent.length * dim)
  recent.forEach((history, s) => {
    if (history.length === 0) return
    const row = offsets[s + 1] - 1
    vectors.set(encoded.subarray(row * dim, (row + 1) * dim), s * dim)
  })
  return vectors
}
