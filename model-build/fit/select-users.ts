import type { Dataset, Interactions } from '../dataset.ts'

/** The rows of some users only; users and items keep their order, indices of users are renumbered, those of items are not. */
export function selectUsers(dataset: Dataset, users: Int32Array): Dataset {
  const { userOffsets } = dataset.interactions
  const rows: number[] = []
  const offsets = new Int32Array(users.length + 1)
  users.forEach((user, u) => {
    for (let k = userOffsets[user]; k < userOffsets[user + 1]; k++) rows.push(k)
    offsets[u + 1] = rows.length
  })
  return {
    users: Array.from(users, (user) => dataset.users[user]),
    items: dataset.items,
    interactions: pickRows(dataset.interactions, Int32Array.from(rows), offsets),
  }
}

/** A log of the given rows, grouped by `offsets`. */
export function pickRows(log: Interactions, rows: Int32Array, offsets: Int32Array): Interactions {
  return {
    userCount: offsets.length - 1,
    itemCount: log.itemCount,
    userOffsets: offsets,
    item: rows.map((k) => log.item[k]),
    weight: Float32Array.from(rows, (k) => log.weight[k]),
    at: Float64Array.from(rows, (k) => log.at[k]),
    order: log.order,
  }
}
