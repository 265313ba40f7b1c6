import type { Interactions } from '../dataset.ts'
import { type Random, shuffle } from '../train/random.ts'

/** One user's rows divided into what a device would know and what came after; entries are row numbers of the log, oldest first. */
export type HistorySplit = { readonly known: Int32Array; readonly held: Int32Array }

/**
 * Holds out a share of a user's rows, at least one of each: the latest where order means something, else a random draw.
 * @param earlier - How often the same share is first taken off the end and forgotten: earlier moments of an ordered history, no effect on others.
 * @returns null for users with fewer than two rows left.
 */
export function splitHistory(
  log: Interactions,
  user: number,
  {
    heldShare,
    random,
    earlier = 0,
  }: { readonly heldShare: number; readonly random: Random; readonly earlier?: number },
): HistorySplit | null {
  const from = log.userOffsets[user]
  const all = log.userOffsets[user + 1] - from
  const count = log.order === 'none' ? all : Math.round(all * (1 - heldShare) ** earlier)
  if (count < 2) return null
  const rows = Int32Array.from({ length: count }, (_, i) => from + i)
  if (log.order === 'none') shuffle(rows, random)
  const held = Math.min(count - 1, Math.max(1, Math.round(count * heldShare)))
  const known = rows.slice(0, count - held)
  return { known: log.order === 'none' ? known.sort() : known, held: rows.slice(count - held) }
}

/** When a history is asked: how often the latest share is forgotten first (ordered logs), and the seed of random draws (others). */
export type Moment = { readonly earlier: number; readonly seed: number }

/** Keeps `length` rows of what is known: the latest where order means something, else a random draw. */
export function shortenHistory(log: Interactions, known: Int32Array, length: number, random: Random): Int32Array {
  if (known.length <= length) return known
  if (log.order !== 'none') return known.slice(known.length - length)
  const drawn = known.slice()
  shuffle(drawn, random)
  return drawn.slice(0, length).sort()
}
