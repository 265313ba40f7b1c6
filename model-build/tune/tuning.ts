import { CONFIDENCE, type Duel, MIN_USERS } from './duel.ts'
import type { Search } from './halve.ts'
import type { Setting } from './search-space.ts'

/** What was searched for one stage, and what came of it. */
export type TunedStage = {
  readonly searches: readonly Search<Setting>[]
  /**
   * The winner beside the present setting on fresh users; none where no search found better than what is there. A first stage that wins by the blend of its
   * channels has a second duel, by the whole pipeline.
   */
  readonly duels: readonly Duel[]
}

/** What `--tune` did. */
export type Tuning = {
  readonly firstStage: TunedStage
  /** null without a ranker of the build's own. */
  readonly ranker: TunedStage | null
}

/** Names of the stages whose tuned settings were taken. */
export function takenStages({ firstStage, ranker }: Tuning): string[] {
  const stages = [
    ['first stage', firstStage],
    ['ranker', ranker],
  ] as const
  return stages.filter(([, stage]) => stage !== null && isTaken(stage)).map(([name]) => name)
}

/** Whether a stage's winner won all its duels and replaced the default choice. */
export function isTaken({ duels }: TunedStage): boolean {
  return duels.length > 0 && duels.every(({ isWon }) => isWon)
}

/** What tuning did, for people; nothing where there was none. */
export function tuningLines(tuning: Tuning | null): string[] {
  if (tuning === null) return []
  const { firstStage, ranker } = tuning
  return [
    `tuning of the first stage: ${verdictOf(firstStage)}`,
    ...(ranker === null ? [] : [`tuning of the ranker: ${verdictOf(ranker)}`]),
  ]
}

/** What became of a stage, in a sentence. */
export function verdictOf(stage: TunedStage): string {
  const { searches, duels } = stage
  const duel = duels.at(-1)
  const trials = searches.reduce((sum, search) => sum + search.trials.length, 0)
  if (duel === undefined) return `${trials} trials found nothing better than the default choice`
  if (duel.users < MIN_USERS)
    return `${duel.users} fresh users are too few to tell of the best of ${trials} trials, the default stays`
  const numbers = `NDCG@20 ${duel.tuned.toFixed(4)} against the default's ${duel.present.toFixed(4)} on ${duel.users} fresh users`
  const { low, high } = duel.difference
  const interval = `difference ${signed(low)} to ${signed(high)} in ${100 * CONFIDENCE} % of resamples`
  return `the best of ${trials} trials ${isTaken(stage) ? 'was taken' : 'was not taken, the default stays'}: ${numbers}, ${interval}`
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
