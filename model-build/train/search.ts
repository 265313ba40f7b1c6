import type { Interactions } from '../dataset.ts'
import type { OnProgress } from './ials.ts'
import type { KernelPool } from './thread-pool.ts'
import { foldsWanted, holdOutUsers, type ValidationUsers, type Visitors } from './validation-users.ts'

/** One setting that was tried, with its mean NDCG@20 on validation users. */
export type Trial<P> = { readonly setting: P; readonly ndcg: number }

export type Selection<P> = {
  readonly best: P
  readonly ndcg: number
  /** In the order they were tried. */
  readonly trials: readonly Trial<P>[]
}

export type SelectOptions = {
  readonly seed: number
  readonly order: 'use' | 'ignore'
  readonly visitors?: Visitors | undefined
  /** Weight of each item of a history over the next later one while settings are judged, default 1. */
  readonly ratio?: number | undefined
  /** Work allowed, in floating-point operations; default 6e11, about half a minute on two cores. The same work, the same choice. */
  readonly budget?: number | undefined
  /** Users that judge, default 1,000. */
  readonly maxUsers?: number | undefined
  /** Rows that voters are tried on, default 2,000,000. */
  readonly maxTrainRows?: number | undefined
  readonly pool?: KernelPool
  readonly onProgress?: OnProgress
}

/** Places of a list that count. */
export const JUDGED_AT = 20

/** Trials that a search may need. */
export const MAX_TRIALS = 14

/** Validation folds: as many as the log needs, if the budget allows. */
export function foldsOf(
  log: Interactions,
  options: SelectOptions,
  { maxTrainRows, affordable }: { readonly maxTrainRows: number; readonly affordable: number },
): ValidationUsers[] {
  const count = Math.max(1, Math.min(foldsWanted(log), affordable))
  return Array.from({ length: count }, (_, fold) => holdOutUsers(log, { ...options, maxTrainRows, fold }))
}

/** Walks to a local maximum of a grid, trying each point once and at most `maxTrials` points. */
export async function descend(
  { width, height, maxTrials }: { readonly width: number; readonly height: number; readonly maxTrials: number },
  start: readonly [number, number],
  evaluate: (point: readonly [number, number]) => Promise<number>,
): Promise<void> {
  const seen = new Map<number, number>()
  let here = start
  seen.set(start[0] * height + start[1], await evaluate(start))
  for (;;) {
    let next = here
    for (const [da, dr] of [
      [0, -1],
      [0, 1],
      [-1, 0],
      [1, 0],
      [1, -1],
      [-1, 1],
    ] as const) {
      const point = [here[0] + da, here[1] + dr] as const
      if (point[0] < 0 || point[0] >= width || point[1] < 0 || point[1] >= height) continue
      const key = point[0] * height + point[1]
      if (!seen.has(key)) {
        if (seen.size >= maxTrials) return
        seen.set(key, await evaluate(point))
      }
      if ((seen.get(key) ?? 0) > (seen.get(next[0] * height + next[1]) ?? 0)) next = point
    }
    if (next === here) return
    here = next
  }
}

export function bestOf<P>(trials: readonly Trial<P>[]): Selection<P> {
  const best = trials.reduce((top, trial) => (trial.ndcg > top.ndcg ? trial : top))
  return { best: best.setting, ndcg: best.ndcg, trials }
}
