import { encoderOf, type SecondSettings } from '../fit/second-model.ts'
import { type FittedRanker, fitRanker, type JudgedRanker, judgeRanker } from '../rank/fit-ranker.ts'
import type { RankerOptions } from '../rank/fit-trees.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import { tuneRanker } from '../tune/tune-ranker.ts'
import { isTaken, type TunedStage } from '../tune/tuning.ts'
import type { ChosenSecond } from './choose-second.ts'
import type { Job } from './job.ts'
import type { Report } from './progress.ts'
import type { PipelineSettings } from './settings.ts'
import type { MadeLists } from './training-lists.ts'

/** Training lists with the second space (none where none is tried) and without. */
export type Lists = { readonly with: readonly TrainingGroup[]; readonly without: readonly TrainingGroup[] }

type Rankers = { readonly with: JudgedRanker | null; readonly without: JudgedRanker }

/**
 * What a second space adds: NDCG@20 of the whole pipeline on lists kept apart (null where none was worth trying), the share by which quality grows, and
 * whether that is worth its bytes. The share is the mean of two: of the ranker on lists kept apart, and of the even blend on all lists, which are more.
 */
export type JudgedSecond = ChosenSecond & {
  readonly with: number | null
  readonly without: number
  readonly gain: number | null
  readonly ships: boolean
}

export type SecondStageParts = {
  readonly second: ChosenSecond
  readonly lists: MadeLists
  /** Whether the ranker of the release is trained here; only that one is tuned, and only trees. */
  readonly isOwn: boolean
}

export type SecondStage = {
  readonly ranker: FittedRanker
  readonly judged: JudgedSecond
  /** The lists that the ranker is trained on. */
  readonly groups: readonly TrainingGroup[]
  readonly tuned: TunedStage | null
}

/** Judges rankers with the second space and without, trains the one that ships, and searches its settings where that is asked for. */
export async function secondStageOf(
  job: Job,
  { second, lists, isOwn }: SecondStageParts,
  report: Report,
): Promise<SecondStage> {
  const { judged, ...found } = await report.step('train ranker', async (onShare) => {
    if (lists.judged !== null) {
      const groups = lists.judged.ships ? lists.with : lists.without
      const onProgress = (done: number, total: number) => onShare(done / total)
      return { judged: lists.judged, ranker: await fitRanker(groups, { ...rankerOptions(job), onProgress }), groups }
    }
    const rankers = await rankersOf(job, lists, onShare)
    const own = judgeSecond(second, rankers, job.settings)
    return own.ships && rankers.with !== null
      ? { judged: own, ranker: await rankers.with.train(), groups: lists.with }
      : { judged: own, ranker: await rankers.without.train(), groups: lists.without }
  })
  if (!job.settings.isTuned || !isOwn || job.settings.ranker.model !== 'trees') return { ...found, judged, tuned: null }
  const options = rankerOptions(job)
  const { setting, tuned } = await tuneRanker(found.groups, options, report)
  if (!isTaken(tuned)) return { ...found, judged, tuned }
  const ranker = await report.step('train ranker as tuned', (onShare) =>
    fitRanker(found.groups, { ...options, ...setting, onProgress: (done, total) => onShare(done / total) }),
  )
  return { ranker, groups: found.groups, judged, tuned }
}

/** Says by rankers trained on some lists whether a second space ships. */
export async function decideSecond(job: Job, second: ChosenSecond, lists: Lists): Promise<JudgedSecond> {
  return judgeSecond(second, await rankersOf(job, lists, () => undefined), job.settings)
}

/** How rankers of a build are trained. */
export function rankerOptions({ settings, effort, pool }: Job): RankerOptions {
  return { ...settings.ranker, onAll: effort.rankerOnAll, seed: settings.models.seed, pool }
}

/** Judges a ranker on each. */
async function rankersOf(job: Job, lists: Lists, onShare: (share: number) => void): Promise<Rankers> {
  const parts = lists.with.length > 0 ? 2 : 1
  const rank = (groups: readonly TrainingGroup[], part: number) =>
    judgeRanker(groups, {
      ...rankerOptions(job),
      onProgress: (done, total) => onShare((part + done / total) / parts),
    })
  const without = await rank(lists.without, 0)
  return { without, with: parts === 2 ? await rank(lists.with, 1) : null }
}

function judgeSecond(second: ChosenSecond, rankers: Rankers, settings: PipelineSettings): JudgedSecond {
  const plain = rankers.without.validation
  const found = rankers.with?.validation ?? null
  const without = plain.headAndModel
  if (second.settings === null || found === null) return { ...second, with: null, without, gain: null, ships: false }
  const gain = (found.headAndModel / without + found.headOnAll / plain.headOnAll) / 2 - 1
  return { ...second, with: found.headAndModel, without, gain, ships: isWorth(gain, second.settings, settings) }
}

/** A release that has such a space keeps it unless it costs what a new one must gain: devices hold it already, and small logs judge by chance. */
export function isWorth(
  gain: number,
  { kind }: Pick<SecondSettings, 'kind'>,
  settings: Pick<PipelineSettings, SecondSettings['kind'] | 'secondBefore'>,
): boolean {
  const { minGain } = settings[kind]
  return settings.secondBefore === encoderOf(kind) ? gain >= -minGain : gain > minGain
}
