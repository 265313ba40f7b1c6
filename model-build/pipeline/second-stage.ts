import { type FittedRanker, fitRanker } from '../rank/fit-ranker.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import type { ChosenSecond } from './choose-second.ts'
import type { Job } from './job.ts'
import type { PipelineSettings } from './settings.ts'

/** Training lists with the second space (none where none is tried) and without. */
export type Lists = { readonly with: readonly TrainingGroup[]; readonly without: readonly TrainingGroup[] }

export type Rankers = { readonly with: FittedRanker | null; readonly without: FittedRanker }

/**
 * What a second space adds: NDCG@20 of the whole pipeline on lists kept apart (null where none was worth trying), the share by which quality grows, and
 * whether that is worth its bytes. The share is the mean of two: of trees on lists kept apart, and of the even blend on all lists, which are more.
 */
export type JudgedSecond = ChosenSecond & {
  readonly with: number | null
  readonly without: number
  readonly gain: number | null
  readonly ships: boolean
}

/** Trains a ranker on each. */
export async function rankersOf(
  { settings, pool }: Job,
  lists: Lists,
  onShare: (share: number) => void,
): Promise<Rankers> {
  const parts = lists.with.length > 0 ? 2 : 1
  const rank = (groups: readonly TrainingGroup[], part: number) =>
    fitRanker(groups, {
      ...settings.ranker,
      seed: settings.models.seed,
      pool,
      onProgress: (done, total) => onShare((part + done / total) / parts),
    })
  const without = await rank(lists.without, 0)
  return { without, with: parts === 2 ? await rank(lists.with, 1) : null }
}

export function judgeSecond(second: ChosenSecond, rankers: Rankers, settings: PipelineSettings): JudgedSecond {
  const plain = rankers.without.validation
  const found = rankers.with?.validation ?? null
  const without = plain.headAndTrees
  if (second.settings === null || found === null) return { ...second, with: null, without, gain: null, ships: false }
  const gain = (found.headAndTrees / without + found.headOnAll / plain.headOnAll) / 2 - 1
  return { ...second, with: found.headAndTrees, without, gain, ships: gain > settings[second.settings.kind].minGain }
}
