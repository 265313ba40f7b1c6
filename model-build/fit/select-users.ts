import type { Dataset, Interactions, Signals } from '../dataset.ts'

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
    ...(dataset.signals === undefined ? {} : { signals: signalsOf(dataset.signals, users, dataset.users.length) }),
  }
}

/** Signals of the users taken, and of people without a used row. */
function signalsOf(signals: Signals, users: Int32Array, userCount: number): Signals {
  const indexOf = new Int32Array(userCount).fill(-1)
  users.forEach((user, index) => {
    indexOf[user] = index
  })
  const left = pickSignals(signals, (at) => signals.user[at] >= userCount || indexOf[signals.user[at]] >= 0)
  const shift = userCount - users.length
  return { ...left, user: left.user.map((user) => (user >= userCount ? user - shift : indexOf[user])) }
}

/** The signals for which `keeps` says so, by their place. */
export function pickSignals(signals: Signals, keeps: (at: number) => boolean): Signals {
  const isKept = (_: number, at: number) => keeps(at)
  return {
    user: signals.user.filter(isKept),
    item: signals.item.filter(isKept),
    at: signals.at.filter(isKept),
    kind: signals.kind.filter(isKept),
    opinion: signals.opinion.filter(isKept),
    value: signals.value.filter(isKept),
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
