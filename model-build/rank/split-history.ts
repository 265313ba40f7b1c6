import type { Interactions } from '../dataset.ts'
import type { Random } from '../train/random.ts'
import { shuffle } from '../train/random.ts'

/** One user's rows divided into what a device would know and what came after; entries are row numbers of the log, oldest first. */
export type HistorySplit = { readonly known: Int32Array; readonly held: Int32Array }

/**
 * Holds out a share of a user's rows, at least one of each: the latest where order means something, else a random draw.
 * @returns null for users with fewer than two rows.
 */
export function splitHistory(log: Interactions, user: number, heldShare: number, random: Random): HistorySplit | null {
  const from = log.userOffsets[user]
  const count = log.userOffsets[user + 1] - from
  if (count < 2) return null
  const rows = Int32Array.from({ length: count }, (_, i) => from + i)
  if (log.order === 'none') shuffle(rows, random)
  const held = Math.min(count - 1, Math.max(1, Math.round(count * heldShare)))
  const known = rows.slice(0, count - held)
  return { known: log.order === 'none' ? known.sort() : known, held: rows.slice(count - held) }
}

/** Keeps `length` rows of what is known: the latest where order means something, else a random draw. */
export function shortenHistory(log: Interactions, known: Int32Array, length: number, random: Random): Int32Array {
  if (known.length <= length) return known
  if (log.order !== 'none') return known.slice(known.length - length)
  const drawn = known.slice()
  shuffle(drawn, random)
  return drawn.slice(0, length).sort()
}
