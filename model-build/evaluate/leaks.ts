import type { Interactions } from '../dataset.ts'
import { transposeRows } from '../train/interaction-matrix.ts'
import { type Desk, sample } from './desk.ts'
import type { Leaks } from './judgement.ts'

/** A twin has at least this share of the known items, and these and those to find are at least this share of its own. */
const TWIN_SHARE = 0.9

/** Shorter histories have twins by chance, and so have those of items that more than this share of all people took. */
const LEAST_KNOWN = 4
const MOST_COMMON = 0.5

/** Looks for test rows that reached training: repeated rows, known rows of a later time, and users who stand in the log twice. */
export function findLeaks(desk: Desk): Leaks {
  const { asked, known, log } = desk
  let rows = 0
  let repeated = 0
  let knownRows = 0
  let later = 0
  asked.forEach(({ truth, at, known: of }, user) => {
    const own = new Set(known[user])
    for (const item of truth) {
      rows++
      if (own.has(item)) repeated++
    }
    if (Number.isNaN(at)) return
    for (const row of of) {
      knownRows++
      if (log.at[row] > at) later++
    }
  })
  return {
    repeatedRows: repeated / Math.max(1, rows),
    laterRows: knownRows === 0 ? null : later / knownRows,
    twins: shareOfTwins(desk),
  }
}

function shareOfTwins(desk: Desk): number {
  const { interactions } = desk.dataset
  const byItem = usersByItem(interactions)
  const sizeOf = (user: number) => interactions.userOffsets[user + 1] - interactions.userOffsets[user]
  const isTelling = (items: Int32Array) => {
    let takers = 0
    for (const item of items) takers += byItem(item).length
    return items.length >= LEAST_KNOWN && takers <= MOST_COMMON * items.length * interactions.userCount
  }
  const users = sample(desk, (user) => isTelling(desk.known[user]))
  const shared = new Int32Array(interactions.userCount)
  let twins = 0
  for (const user of users) {
    const known = new Set(desk.known[user])
    const { truth } = desk.asked[user]
    shared.fill(0)
    for (const item of known) for (const other of byItem(item)) shared[other]++
    const takers = [...truth].flatMap((item) => (item < 0 || known.has(item) ? [] : [...byItem(item)]))
    const isTwin = (other: number) =>
      shared[other] >= TWIN_SHARE * known.size && known.size + truth.size >= TWIN_SHARE * sizeOf(other)
    if (takers.some(isTwin)) twins++
  }
  return twins / Math.max(1, users.length)
}

function usersByItem({ userCount, itemCount, userOffsets, item }: Interactions): (item: number) => Int32Array {
  const rows = { rowCount: userCount, columnCount: itemCount, offsets: userOffsets, columns: item, weights: undefined }
  const { offsets, columns } = transposeRows(rows)
  return (of) => columns.subarray(offsets[of], offsets[of + 1])
}
