import type { Report } from '../pipeline/progress.ts'

/** One candidate that was tried: on which rung, from 0, and its mean NDCG@20 there. Rungs differ in users and rows, so that only trials of one compare. */
export type Trial<P> = { readonly setting: P; readonly rung: number; readonly ndcg: number }

/** What a search found; `best` is the present setting where nothing was better on the last rung. */
export type Search<P> = { readonly name: string; readonly best: P; readonly trials: readonly Trial<P>[] }

export type HalveOptions<P, B> = {
  readonly name: string
  /** Growing budgets of one trial. */
  readonly rungs: readonly B[]
  readonly evaluate: (setting: P, budget: B) => Promise<number>
  /** Takes up rungs that an interrupted build has finished. */
  readonly keep: Report['keep']
  readonly onShare: (share: number) => void
}

/** Of the candidates of a rung one in so many goes on. */
const ETA = 3

/**
 * Successive halving (Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016; the inner loop of
 * Hyperband, Li et al., JMLR 2018): all candidates are tried on the smallest budget, the best third on the next, and so on. The first candidate, the
 * present setting, is tried on every rung. Ties go to the earlier candidate.
 */
export async function halve<P, B>(candidates: readonly P[], options: HalveOptions<P, B>): Promise<Search<P>> {
  const { name, rungs, evaluate, keep, onShare } = options
  const total = countTrials(candidates.length, rungs.length)
  const trials: Trial<P>[] = []
  let left = candidates
  for (const [rung, budget] of rungs.entries()) {
    const scores = await keep(`tuning of ${name} ${rung}`, async () => {
      const made: number[] = []
      for (const setting of left) {
        made.push(await evaluate(setting, budget))
        onShare((trials.length + made.length) / total)
      }
      return made
    })
    const found = left.map((setting, k) => ({ setting, rung, ndcg: scores[k] }))
    trials.push(...found)
    const ranked = [...found].sort((a, b) => b.ndcg - a.ndcg)
    if (rung === rungs.length - 1) return { name, best: ranked[0].setting, trials }
    const others = ranked.filter(({ setting }) => setting !== candidates[0]).map(({ setting }) => setting)
    left = [candidates[0], ...others.slice(0, sizeOf(candidates.length, rung + 1) - 1)]
  }
  return { name, best: candidates[0], trials }
}

/** Candidates on a rung: at least the present setting and one other. */
function sizeOf(candidates: number, rung: number): number {
  return Math.min(candidates, Math.max(2, Math.ceil(candidates / ETA ** rung)))
}

/** Trials of a search with so many candidates and rungs. */
export function countTrials(candidates: number, rungs: number): number {
  return Array.from({ length: rungs }, (_, rung) => sizeOf(candidates, rung)).reduce((sum, size) => sum + size, 0)
}
