import { PRESETS, type PresetName } from '#contract/feedback/presets'

export const DAY_MS = 86_400_000

/** Days in a row that a budget counts. */
export const WINDOW_DAYS = 28

/**
 * Enters today's debit, if the budget allows it. Old days are dropped only together with a new entry, so that the latest day is never lost:
 * a clock that stands before it moved back, and nothing is entered.
 * @param days - UTC day numbers of earlier debits, ascending.
 * @returns The days with today's, or null.
 */
export function debit(days: readonly number[], today: number, preset: PresetName): readonly number[] | null {
  const { perDay, per28Days } = PRESETS[preset]
  if (today < (days.at(-1) ?? today)) return null
  const kept = days.filter((day) => day > today - WINDOW_DAYS)
  if (kept.length >= per28Days || kept.filter((day) => day === today).length >= perDay) return null
  return [...kept, today]
}

/** The UTC day number of a time. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}
