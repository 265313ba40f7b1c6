import type { Dataset, Interactions } from '../dataset.ts'
import { splitHistory } from '../rank/split-history.ts'
import { createRandom, randomOf, shuffle } from '../train/random.ts'

/** A data set cut for a simulation. All rows are rows of the whole log, so that a device's history can be read from it. */
export type World = {
  readonly dataset: Dataset
  /** Users of the first release: a tenth of those that are not held out. */
  readonly seedUsers: Int32Array
  /** Users that play devices. */
  readonly deviceUsers: Int32Array
  /** Users that nothing is learnt from; what they took last is looked for. */
  readonly judged: readonly JudgedUser[]
}

export type JudgedUser = {
  readonly id: string
  /** Rows, oldest first. */
  readonly known: Int32Array
  /** Item indices. */
  readonly truth: ReadonlySet<number>
}

/** Share of the users that are held out, and of the others whose logs the first release has. */
const JUDGED_SHARE = 0.2
const SEED_SHARE = 0.1

const LEAST_ROWS = 5

/** Draws who is held out, whose logs the site has, and who plays devices. */
export function cutWorld(
  dataset: Dataset,
  { seed, heldShare }: { readonly seed: number; readonly heldShare: number },
): World {
  const log = dataset.interactions
  const random = createRandom(seed)
  const users = Int32Array.from({ length: log.userCount }, (_, user) => user).filter(
    (user) => log.userOffsets[user + 1] - log.userOffsets[user] >= LEAST_ROWS,
  )
  shuffle(users, random)
  const judged = users.slice(0, Math.floor(users.length * JUDGED_SHARE))
  const rest = users.slice(judged.length)
  const seedCount = Math.max(1, Math.round(rest.length * SEED_SHARE))
  return {
    dataset,
    seedUsers: rest.slice(0, seedCount).sort(),
    deviceUsers: rest.slice(seedCount).sort(),
    judged: judgedUsers(dataset, judged, { seed, heldShare }),
  }
}

/** What to know and what to look for of some users. */
export function judgedUsers(
  { interactions: log, users: ids }: Dataset,
  users: Int32Array,
  { seed, heldShare }: { readonly seed: number; readonly heldShare: number },
): JudgedUser[] {
  return Array.from(users).flatMap((user) => {
    const split = splitHistory(log, user, { heldShare, random: randomOf(seed, user) })
    if (split === null) return []
    return [{ id: ids[user], known: split.known, truth: new Set(Array.from(split.held, (row) => log.item[row])) }]
  })
}

/** The logs of some users, and of nobody else; items keep their places. */
export function logOf(dataset: Dataset, users: Int32Array): Dataset {
  const log = dataset.interactions
  const rows = Array.from(users, (user) => log.userOffsets[user + 1] - log.userOffsets[user])
  const userOffsets = new Int32Array(users.length + 1)
  rows.forEach((count, u) => {
    userOffsets[u + 1] = userOffsets[u] + count
  })
  const total = userOffsets[users.length]
  const picked: Interactions = {
    userCount: users.length,
    itemCount: log.itemCount,
    userOffsets,
    item: new Int32Array(total),
    weight: new Float32Array(total),
    at: new Float64Array(total),
    order: log.order,
  }
  users.forEach((user, u) => {
    const [from, to] = [log.userOffsets[user], log.userOffsets[user + 1]]
    picked.item.set(log.item.subarray(from, to), userOffsets[u])
    picked.weight.set(log.weight.subarray(from, to), userOffsets[u])
    picked.at.set(log.at.subarray(from, to), userOffsets[u])
  })
  return { users: Array.from(users, (user) => dataset.users[user]), items: dataset.items, interactions: picked }
}
