import type { Report } from '../pipeline/progress.ts'
import { fitTrees, type HeadedTrees, partGroups, type RankerOptions, scorerOf } from '../rank/fit-trees.ts'
import { groupNdcg, type TrainingGroup } from '../rank/training-group.ts'
import { JUDGED_AT } from '../train/search.ts'
import { type Duel, fightDuel, meanOf } from './duel.ts'
import { countTrials, halve } from './halve.ts'
import { drawCandidates, RANKER_SPACE, type Setting } from './search-space.ts'
import type { TunedStage } from './tuning.ts'

export type RankerSetting = Setting<keyof typeof RANKER_SPACE>

/** Shares of the training lists that a trial learns from, rung by rung. */
const RUNGS: readonly number[] = [1 / 4, 1 / 2, 1]
const CANDIDATES = 12

/** Of the lists that train a build's ranker, those of one user in so many stop the trees and judge trials; the others train. */
const WATCHING_EVERY = 3

/** One trial: NDCG@20 of each user of the lists that stopped it, and of the fresh ones. */
type Trained = { readonly watching: Float64Array; readonly fresh: Float64Array }

/**
 * Searches the shape of the ranker's trees on training lists. What is found replaces the present settings only where it wins on the lists that judge
 * every build's ranker: their users neither trained it nor stopped it nor chose it.
 */
export async function tuneRanker(
  groups: readonly TrainingGroup[],
  options: RankerOptions,
  report: Report,
): Promise<{ readonly setting: RankerSetting; readonly tuned: TunedStage }> {
  const { leaves, learningRate, minLeafRows, featureFraction, seed } = options
  const present: RankerSetting = { leaves, learningRate, minLeafRows, featureFraction }
  const candidates = drawCandidates(RANKER_SPACE, present, { count: CANDIDATES, seed })
  const whole = new Map<RankerSetting, Trained>()
  const train = async (setting: RankerSetting, share: number): Promise<Trained> => {
    const trained = whole.get(setting) ?? (await trainOnce(groups, { ...options, ...setting }, share))
    if (share === 1) whole.set(setting, trained)
    return trained
  }
  const evaluate = async (setting: RankerSetting, share: number) => meanOf((await train(setting, share)).watching)
  const { keep } = report
  const name = 'ranker'
  const search = await report.step(`tune ranker (${countTrials(CANDIDATES, RUNGS.length)} trials)`, (onShare) =>
    halve(candidates, { name, rungs: RUNGS, evaluate, keep, onShare }),
  )
  const { best } = search
  const fight = async (): Promise<Duel> => {
    const [before, after] = [await train(present, 1), await train(best, 1)]
    return fightDuel(before.fresh, after.fresh, seed)
  }
  const duel = best === candidates[0] ? null : await keep('duel of rankers', fight)
  return {
    setting: duel?.isWon === true ? best : present,
    tuned: { searches: [search], duels: duel === null ? [] : [duel] },
  }
}

async function trainOnce(groups: readonly TrainingGroup[], options: RankerOptions, share: number): Promise<Trained> {
  const { judging: fresh, training } = partGroups(groups)
  const isWatching = ({ user }: TrainingGroup) => user % WATCHING_EVERY === 0
  const watching = training.filter(isWatching)
  const every = Math.round(1 / share)
  const ranker = await fitTrees(
    { training: training.filter((group) => !isWatching(group)).filter((_, k) => k % every === 0), watching },
    { ...options, minLeafRows: Math.max(1, Math.round(options.minLeafRows * share)) },
  )
  return { watching: ndcgByUser(watching, ranker), fresh: ndcgByUser(fresh, ranker) }
}

/** NDCG@20 of each user whose lists trees did not learn from, under trees trained on the others. */
export async function judgeTrees(groups: readonly TrainingGroup[], options: RankerOptions): Promise<Float64Array> {
  const { watching, fresh } = await trainOnce(groups, options, 1)
  return Float64Array.from([...watching, ...fresh])
}

/** Mean NDCG@20 over the lists of each user that have something to find, in order of first appearance. */
function ndcgByUser(groups: readonly TrainingGroup[], ranker: HeadedTrees): Float64Array {
  const score = scorerOf(ranker)
  const sums = new Map<number, { sum: number; lists: number }>()
  for (const group of groups) {
    if (group.wanted.length === 0) continue
    const { sum, lists } = sums.get(group.user) ?? { sum: 0, lists: 0 }
    sums.set(group.user, { sum: sum + groupNdcg(group, score(group), JUDGED_AT), lists: lists + 1 })
  }
  return Float64Array.from(sums.values(), ({ sum, lists }) => sum / lists)
}
