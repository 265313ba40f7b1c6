import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { type CrossFitOptions, crossFit, type Fold } from '../rank/cross-fit.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import type { Job } from './job.ts'
import type { Lists } from './second-stage.ts'

/** Users with fewer rows say nothing about a held-out part. */
const MIN_USER_ITEMS = 5

/** Lists that the ranker wants at least; users of small logs give several. */
const WANTED_LISTS = 2_000

const MAX_REPEATS = 5

/** Users who can be asked for a part of their rows. */
export function judgedUsers({ interactions: { userOffsets, userCount } }: Dataset): number {
  let users = 0
  for (let user = 0; user < userCount; user++) if (userOffsets[user + 1] - userOffsets[user] >= MIN_USER_ITEMS) users++
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
    minUserItems: MIN_USER_ITEMS,
    seed: options.models.seed,
    pool,
  })
}

type Given = { readonly models: ModelOptions; readonly fold: Fold | null }

/** Lists of all folds, or of one that is there. */
export async function groupsOf(job: Job, { models, fold }: Given, onShare: (share: number) => void): Promise<Lists> {
  if (fold !== null) return listsOf(job, { models, fold }, onShare)
  const lists = { with: [] as TrainingGroup[], without: [] as TrainingGroup[] }
  const { folds } = job.effort
  let done = 0
  for await (const next of foldsOf(job, {
    models,
    folds,
    onProgress: (at, share) => onShare((at + share / 2) / folds),
  })) {
    const made = await listsOf(job, { models, fold: next }, (share) => onShare((done + 0.5 + share / 2) / folds))
    lists.with.push(...made.with)
    lists.without.push(...made.without)
    done++
  }
  return lists
}

async function listsOf(
  { dataset, settings, gains }: Job,
  { models, fold }: { readonly models: ModelOptions; readonly fold: Fold },
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
    const reads = models.second !== null
    const make = (second: boolean, done: number) =>
      crew.groups(fold.users, { ...common, second }, (share) => onShare(reads ? (done + share) / 2 : share))
    const without = await make(false, 0)
    return { without, with: reads ? await make(true, 1) : [] }
  } finally {
    await crew.close()
  }
}
