import type { ModelOptions } from '../fit/fit-models.ts'
import type { Job } from '../pipeline/job.ts'
import type { Report } from '../pipeline/progress.ts'
import { toSparseRows } from '../train/interaction-matrix.ts'
import { affordableRows } from '../train/select-ials.ts'
import { MANY_ITEMS } from '../train/select-voters.ts'
import { fightDuel, meanOf } from './duel.ts'
import {
  createFirstStages,
  type EmbeddingSetting,
  type FirstStages,
  ialsOf,
  type VoterSetting,
} from './first-stages.ts'
import { countTrials, halve, type Search } from './halve.ts'
import { penaltyFactor } from './penalty.ts'
import { drawCandidates, EMBEDDING_SPACE, VOTER_SPACE } from './search-space.ts'
import { createTrialFolds, FRESH_FOLDS, once, SEARCH_FOLDS, type TrialFold } from './trial-folds.ts'
import type { TunedStage } from './tuning.ts'

/** What one trial may have: a share of the rows, and so many folds. */
type Budget = { readonly share: number; readonly folds: number }

const EMBEDDING_CANDIDATES = 18
const EMBEDDING_RUNGS: readonly Budget[] = [
  { share: 1 / 4, folds: 1 },
  { share: 1 / 2, folds: 2 },
  { share: 1, folds: 3 },
]

const VOTER_CANDIDATES = 9
const VOTER_RUNGS: readonly Budget[] = [
  { share: 1, folds: 1 },
  { share: 1, folds: 3 },
]

/** Of catalogues with more than `MANY_ITEMS` items: each solve takes long. */
const FEW_VOTER_CANDIDATES = 4

export type TuneFirstStageJob = Job & {
  /** What the build chose. */
  readonly models: ModelOptions
  /** How histories fade while settings are judged. */
  readonly ratio: number
}

type Present = { readonly embedding: EmbeddingSetting; readonly voters: VoterSetting }
type FoldOf = (fold: number, share: number) => TrialFold
type Searching = {
  readonly present: Present
  readonly stages: FirstStages
  readonly foldOf: FoldOf
  readonly report: Report
  readonly seed: number
}

/**
 * Searches iALS and the ridge of the voters beyond the grid that chose them, one after the other, by the even blend of both on users held out. What the
 * searches found replaces the present choice only where it wins on users of other folds; these took part in the choice of the present settings on
 * small logs, which is in their favour.
 */
export async function tuneFirstStage(
  job: TuneFirstStageJob,
  report: Report,
): Promise<{ readonly models: ModelOptions; readonly tuned: TunedStage }> {
  const { dataset, settings, effort, pool, models, ratio } = job
  const log = dataset.interactions
  const { seed } = models
  const order = log.order === 'none' ? 'ignore' : 'use'
  const foldOf = createTrialFolds(log, {
    ...{ seed, order, visitors: settings.visitors, maxUsers: effort.searchUsers, method: models.voterMethod },
    maxTrainRows: affordableRows(effort.searchBudget, models.dim),
  })
  const rows = toSparseRows(log)
  const { dim, alpha0, nu, lambda } = models
  const reg = models.reg / penaltyFactor(rows, alpha0, nu)
  const present: Present = { embedding: { dim, alpha0, reg, nu }, voters: { lambda } }
  const searching = { present, stages: createFirstStages(pool, models, ratio), foldOf, report, seed }
  const embedding = await searchEmbedding(searching)
  const voters = await searchVoters(searching, embedding.best, log.itemCount > MANY_ITEMS)
  const found = { embedding: embedding.best, voters: voters.best }
  const isSame = found.embedding === present.embedding && found.voters === present.voters
  const duel = isSame ? null : await duelOf(searching, found)
  const tuned: TunedStage = { searches: [embedding, voters], duels: duel === null ? [] : [duel] }
  if (duel?.isWon !== true) return { models, tuned }
  const ials = found.embedding === present.embedding ? {} : ialsOf(found.embedding, rows)
  return { models: { ...models, ...ials, ...found.voters }, tuned }
}

function searchEmbedding({ present, stages, foldOf, report, seed }: Searching): Promise<Search<EmbeddingSetting>> {
  const votersOf = once((fold, share) => stages.voters(present.voters, foldOf(fold, share)))
  const candidates = drawCandidates(EMBEDDING_SPACE, present.embedding, { count: EMBEDDING_CANDIDATES, seed })
  const judge = async (setting: EmbeddingSetting, at: number, share: number) => {
    const fold = foldOf(at, share)
    return stages.judge({ setting, items: await stages.items(setting, fold), voters: await votersOf(at, share) }, fold)
  }
  return search('embedding', { candidates, rungs: EMBEDDING_RUNGS, report, judge })
}

function searchVoters(
  { present, stages, foldOf, report, seed }: Searching,
  setting: EmbeddingSetting,
  hasManyItems: boolean,
): Promise<Search<VoterSetting>> {
  const itemsOf = once((fold, share) => stages.items(setting, foldOf(fold, share)))
  const count = hasManyItems ? FEW_VOTER_CANDIDATES : VOTER_CANDIDATES
  const candidates = drawCandidates(VOTER_SPACE, present.voters, { count, seed })
  const judge = async (lambda: VoterSetting, at: number, share: number) => {
    const fold = foldOf(at, share)
    return stages.judge({ setting, items: await itemsOf(at, share), voters: await stages.voters(lambda, fold) }, fold)
  }
  const rungs = hasManyItems ? VOTER_RUNGS.slice(0, 1) : VOTER_RUNGS
  return search('voters', { candidates, rungs, report, judge })
}

type SearchParts<P> = {
  readonly candidates: readonly P[]
  readonly rungs: readonly Budget[]
  readonly report: Report
  readonly judge: (setting: P, fold: number, share: number) => Promise<Float64Array>
}

/** A search over the users of the search's folds. */
function search<P>(name: string, { candidates, rungs, report, judge }: SearchParts<P>): Promise<Search<P>> {
  const evaluate = async (setting: P, { folds, share }: Budget): Promise<number> => {
    const found: Float64Array[] = []
    for (const fold of SEARCH_FOLDS.slice(0, folds)) found.push(await judge(setting, fold, share))
    return meanOf(joined(found))
  }
  return report.step(`tune ${name} (${countTrials(candidates.length, rungs.length)} trials)`, (onShare) =>
    halve(candidates, { name, rungs, evaluate, keep: report.keep, onShare }),
  )
}

function duelOf({ present, stages, foldOf, report, seed }: Searching, found: Present) {
  const judge = async ({ embedding: setting, voters }: Present, at: number) => {
    const fold = foldOf(at, 1)
    return stages.judge(
      { setting, items: await stages.items(setting, fold), voters: await stages.voters(voters, fold) },
      fold,
    )
  }
  return report.keep('duel of first stages', () =>
    report.step('judge the tuned first stage', async (onShare) => {
      const values: [Float64Array[], Float64Array[]] = [[], []]
      for (const [done, fold] of FRESH_FOLDS.entries()) {
        values[0].push(await judge(present, fold))
        values[1].push(await judge(found, fold))
        onShare((done + 1) / FRESH_FOLDS.length)
      }
      return fightDuel(joined(values[0]), joined(values[1]), seed)
    }),
  )
}

function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)))
}
