import { POSITIONS } from '#contract/feedback/plan'
import type { RobustEstimate } from './robust-mean.ts'

/** A position that is looked at less often than this is taken for this. */
const LEAST = 0.1

/**
 * How likely each position is looked at, relative to the first: its clicks per showing against the first's, pulled to the last plan's value as far
 * as noise explains the difference. Relevance falls with position too, so this is an upper bound on the effect of position.
 * @param before - The last plan's values, 1 first.
 * @param cells - Estimate of `pos`.
 */
export function updatePositions(before: readonly number[], cells: RobustEstimate): readonly number[] {
  const rates = Array.from({ length: POSITIONS }, (_, k) => clickRate(cells, k))
  const first = rates[0]
  if (!(first.rate > 2 * first.error)) return before
  return rates.map(({ rate, error }, k) => {
    if (k === 0) return 1
    const value = rate / first.rate
    const noise = (error / first.rate) ** 2 + ((rate * first.error) / first.rate ** 2) ** 2
    const gap = value - before[k]
    const weight = Number.isFinite(value) ? (gap * gap) / (gap * gap + noise) : 0
    return Math.min(1, Math.max(LEAST, before[k] + (weight > 0 ? weight * gap : 0)))
  })
}

function clickRate({ mean, standardError }: RobustEstimate, position: number): { rate: number; error: number } {
  const [seen, clicked] = [mean[2 * position], mean[2 * position + 1]]
  const shown = seen + clicked
  if (!(shown > 0)) return { rate: 0, error: Number.POSITIVE_INFINITY }
  return { rate: Math.max(0, clicked) / shown, error: standardError[2 * position + 1] / shown }
}
