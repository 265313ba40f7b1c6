import type { HistoryItem } from '#contract/features'
import { LIMITS } from '#contract/limits'

/**
 * The history as recommendations see it: repeats collapsed to the latest, at most `LIMITS.historyItems`. Where order means
 * nothing the items stand by ascending itemNo, so that no arrangement can change a result.
 * @param history - Latest first.
 * @returns A new array.
 */
export function canonicalHistory(history: readonly HistoryItem[], ordered: boolean): readonly HistoryItem[] {
  const seen = new Set<number>()
  const kept: HistoryItem[] = []
  for (const item of history) {
    if (kept.length === LIMITS.historyItems) break
    if (seen.has(item.itemNo)) continue
    seen.add(item.itemNo)
    kept.push(item)
  }
  return ordered ? kept : kept.sort((a, b) => a.itemNo - b.itemNo)
}
