import type { ModelOptions } from '../fit/fit-models.ts'
import { type Duel, fightDuel } from '../tune/duel.ts'
import { judgeTrees } from '../tune/tune-ranker.ts'
import type { TunedStage } from '../tune/tuning.ts'
import { trialRatio } from './choose-solves.ts'
import type { Job } from './job.ts'
import type { Report } from './progress.ts'
import { rankerOptions } from './second-stage.ts'
import { groupsOf } from './training-lists.ts'

/** Of the users that training lists are made for, those that confirm a first stage. */
const USERS_SHARE = 1 / 2

export type TunedFirstStage = { readonly models: ModelOptions; readonly tuned: TunedStage }

/**
 * Asks the whole pipeline about a first stage that won by the even blend of its channels: a ranker is trained on lists of each and both are compared user by user
 * on lists that the trees did not learn from. Trees make good much of what a weaker first stage lacks, so that a better one alone is no reason to ship it.
 */
export async function confirmFirstStage(
  job: Job,
  present: ModelOptions,
  { models, tuned }: TunedFirstStage,
  report: Report,
): Promise<TunedFirstStage> {
  const [blend] = tuned.duels
  if (blend?.isWon !== true) return { models: present, tuned }
  const ratio = trialRatio(job.dataset.interactions)
  const effort = { ...job.effort, listUsers: Math.ceil(job.effort.listUsers * USERS_SHARE) }
  const judge = async (own: ModelOptions, onShare: (share: number) => void): Promise<Float64Array> => {
    const given = { models: { ...own, second: null, ratio, voterRatio: ratio }, fold: null }
    const { without } = await groupsOf({ ...job, effort }, given, onShare)
    return judgeTrees(without, rankerOptions(job))
  }
  const whole: Duel = await report.keep('duel of pipelines', () =>
    report.step('judge the pipeline with the tuned first stage', async (onShare) => {
      const before = await judge(present, (share) => onShare(share / 2))
      return fightDuel(before, await judge(models, (share) => onShare((1 + share) / 2)), job.settings.models.seed)
    }),
  )
  return { models: whole.isWon ? models : present, tuned: { ...tuned, duels: [blend, whole] } }
}
