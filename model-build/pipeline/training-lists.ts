import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { type CrossFitOptions, crossFit, type Fold } from '../rank/cross-fit.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import { leastRows } from '../train/validation-users.ts'
import type { Job } from './job.ts'
import type { JudgedSecond, Lists } from './second-stage.ts'

/** Lists that the ranker wants at least; users of small logs give several. */
const WANTED_LISTS = 2_000

const MAX_REPEATS = 5

/** Users who can be asked for a part of their rows. */
export function judgedUsers({ interactions: log }: Dataset): number {
  const least = leastRows(log)
  let users = 0
  for (let user = 0; user < log.userCount; user++)
    if (log.userOffsets[user + 1] - log.userOffsets[user] >= least) users++
  return users
}

/** Models that have not seen what some users took, fold by fold. */
export function foldsOf(
  { dataset, settings, effort, pool }: Job,
  options: Pick<CrossFitOptions, 'models' | 'folds' | 'onProgress'>,
) {
  const models = effort.foldSweeps === null ? options.models : { ...options.models, sweeps: effort.foldSweeps }
  return crossFit(dataset, {
    ...options,
    models,
    assemble: settings.assemble,
    visitors: settings.visitors,
    heldShare: settings.heldShare,
    maxUsers: Math.min(settings.ranker.maxQueries, effort.listUsers),
    minUserItems: leastRows(dataset.interactions),
    seed: options.models.seed,
    pool,
  })
}

type Given = {
  readonly models: ModelOptions
  /** A fold that is there already; null to fit those of the effort. */
  readonly fold: Fold | null
  /** Says by the lists of `decidingUsers` whether the second space ships. */
  readonly decide?: (lists: Lists) => Promise<JudgedSecond>
}

/** Training lists; those of a second space that was judged while they were made are all with it or all without. */
export type MadeLists = Lists & { readonly judged: JudgedSecond | null }

/** Lists of all folds, or of one that is there. */
export async function groupsOf(job: Job, given: Given, onShare: (share: number) => void): Promise<MadeLists> {
  const { models, fold } = given
  const decide = models.second === null ? undefined : given.decide
  const { decidingUsers } = job.effort
  const folds = fold === null ? job.effort.folds : 1
  let judged: JudgedSecond | null = null
  let made: Lists = { with: [], without: [] }
  let done = 0
  let asked = 0
  const fitted = foldsOf(job, { models, folds, onProgress: (at, share) => onShare((at + share / 2) / folds) })
  for await (const next of fold === null ? fitted : [fold]) {
    const first = judged === null && decide !== undefined ? decidingUsers - asked : next.users.length
    for (const users of [next.users.subarray(0, first), next.users.subarray(first)]) {
      if (users.length === 0) continue
      asked += users.length
      const wanted = wantedKinds(models, judged)
      const more = await listsOf(job, { models, fold: { ...next, users }, wanted }, (share) =>
        onShare((done + 0.5 + share / 2) / folds),
      )
      made = { with: [...made.with, ...more.with], without: [...made.without, ...more.without] }
      if (decide === undefined || judged !== null || asked < decidingUsers) continue
      judged = await decide(made)
      made = judged.ships ? { ...made, without: [] } : { ...made, with: [] }
    }
    done++
  }
  return { ...made, judged }
}

type Kind = keyof Lists

function wantedKinds({ second }: ModelOptions, judged: JudgedSecond | null): readonly Kind[] {
  if (judged !== null) return [judged.ships ? 'with' : 'without']
  return second === null ? ['without'] : ['without', 'with']
}

type Asked = { readonly models: ModelOptions; readonly fold: Fold; readonly wanted: readonly Kind[] }

async function listsOf(
  { dataset, settings, gains }: Job,
  { models, fold, wanted: kinds }: Asked,
  onShare: (share: number) => void,
): Promise<Lists> {
  const { manifest, objects, itemNos } = fold.release
  const { ratio, voterRatio } = models
  const [first, ...others] = manifest.spaces
  const spaces = [{ ...first, encoder: { ...first.encoder, ratio } }, ...others] as const
  const parts = { objects: objects.entries(), log: dataset.interactions, gains, itemNos }
  const shared = shareParts({ ...parts, manifest: { ...manifest, spaces, voterRatio } })
  const { heldShare, visitors } = settings
  const wanted = Math.max(1, Math.min(MAX_REPEATS, Math.ceil(WANTED_LISTS / judgedUsers(dataset))))
  const repeats = visitors === 'known' ? 1 : wanted
  const crew = await openCrew(shared, { graphs: false, ranker: false, asked: fold.users.length * repeats })
  try {
    const common = { heldShare, repeats, moment: fold.moment }
    const lists: Record<Kind, readonly TrainingGroup[]> = { with: [], without: [] }
    for (const [done, kind] of kinds.entries())
      lists[kind] = await crew.groups(fold.users, { ...common, second: kind === 'with' }, (share) =>
        onShare((done + share) / kinds.length),
      )
    return lists
  } finally {
    await crew.close()
  }
}
