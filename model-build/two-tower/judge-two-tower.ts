import { judgeQueries } from '../train/judge-queries.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { ValidationUsers } from '../train/validation-users.ts'
import type { TwoTowerModel } from './train-two-tower.ts'
import { UserTower } from './user-tower.ts'

/** Histories encoded at once. */
const AT_ONCE = 256

/** Queries of histories (oldest first), row-major. */
export function towerQueries(
  pool: KernelPool,
  { shape, weights, items }: TwoTowerModel,
  histories: readonly Int32Array[],
): Promise<Float32Array> {
  return pool.scope(async () => {
    const tower = new UserTower(pool, shape, AT_ONCE)
    tower.weights.set(weights)
    const queries = new Float32Array(histories.length * shape.dim)
    for (let first = 0; first < histories.length; first += AT_ONCE) {
      const latest = histories.slice(first, first + AT_ONCE).map((history) => history.slice(-shape.length).reverse())
      const shownOffsets = new Int32Array(latest.length + 1)
      latest.forEach((history, u) => {
        shownOffsets[u + 1] = shownOffsets[u] + history.length
      })
      const shown = Int32Array.from(latest.flatMap((history) => Array.from(history)))
      await tower.encode({ count: latest.length, shown, shownOffsets }, items)
      queries.set(tower.queries.subarray(0, latest.length * shape.dim), first * shape.dim)
    }
    return queries
  })
}

/** Mean NDCG@20 over the full catalogue, history items masked. */
export async function judgeTwoTower(
  pool: KernelPool,
  model: TwoTowerModel,
  users: Pick<ValidationUsers, 'histories' | 'truths'>,
): Promise<number> {
  const queries = await towerQueries(pool, model, users.histories)
  return judgeQueries(pool, { queries, items: model.items, dim: model.shape.dim }, users)
}
