import type { Config } from '../config/schema.ts'
import type { Interactions } from '../dataset.ts'
import { startOf } from '../fit/fit-models.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { WarmStart } from './make-release.ts'

/** How much of a log validation looks at. */
export type Effort = {
  readonly name: 'quick' | 'thorough'
  /** Parts that users are divided into for honest training lists; 1 keeps a fifth of the users apart and fits once. */
  readonly folds: number
  /** Users that training lists are made for, at most; see also `ranker.maxQueries`. */
  readonly listUsers: number
  /** Whether trees learn from all lists, five fits in place of one. */
  readonly rankerOnAll: boolean
  /** Lists of the first so many users say whether a second space ships; the others are made only with it or only without. Infinity where all of them say. */
  readonly decidingUsers: number
  /** Whether the mean space is tried. */
  readonly triesMean: boolean
  /** Sweeps of the fits that lists are made from; null for those of the release. */
  readonly foldSweeps: number | null
  /** Work allowed for choosing alpha0 and reg, floating-point operations; undefined for the search's own default. */
  readonly searchBudget: number | undefined
  /** Users that judge a setting. */
  readonly searchUsers: number
  /** Rows that item-to-item settings are tried on. */
  readonly searchRows: number
  readonly recencyUsers: number
  /**
   * Sweeps of a fit that starts from the vectors of a fit on fewer rows (fold, then training rows, then all rows); null starts each afresh.
   * Knowledge only ever flows from fewer rows to more, so that what is held out stays unseen.
   */
  readonly warmSweeps: number | null
  /** Rows that the mean space is tried on, and rows read in all epochs of a trial. */
  readonly secondRows: number
  readonly secondWork: number
  /** Held-out users that judge the whole. */
  readonly judgedUsers: number
  /** Of them, those whose lists are made again for curves. */
  readonly sampledUsers: number
  /** Values of minSupport whose cost is measured, beside the configured one. */
  readonly minSupports: readonly number[]
}

/** Up to so many users every list counts; with more, a quarter of them says as much about a number of trees as all would. */
const FEW_USERS = 3_000

/** `build` looks at logs with more users by samples unless the config asks for more. */
const MANY_USERS = 20_000

/** Rows from which even a thorough look fits fewer times. */
const MANY_ROWS = 2_000_000

const WHOLE: Effort = {
  name: 'thorough',
  folds: 4,
  listUsers: FEW_USERS,
  rankerOnAll: true,
  decidingUsers: Number.POSITIVE_INFINITY,
  triesMean: true,
  foldSweeps: null,
  searchBudget: undefined,
  searchUsers: 1_000,
  searchRows: 2_000_000,
  recencyUsers: 300,
  warmSweeps: null,
  secondRows: 200_000,
  secondWork: 6_000_000,
  judgedUsers: 5_000,
  sampledUsers: 400,
  minSupports: [1, 2, 5, 10, 20],
}

/** What trees learn grows with the lists up to many thousands, the more so the sparser the log: docs/decisions/0020. */
const MANY_LISTS: Effort = { ...WHOLE, listUsers: 8_000, rankerOnAll: false, decidingUsers: 2_000 }

/** What fits cost on logs of many rows, in proportion. */
const FEW_FITS = {
  folds: 1,
  foldSweeps: 6,
  searchUsers: 500,
  searchRows: 300_000,
  recencyUsers: 150,
  warmSweeps: 3,
  sampledUsers: 100,
  minSupports: [1],
} as const

/**
 * The least that chooses well: most of what a thorough look finds on dense logs and less on sparse ones, at a fraction of the time.
 * The numbers are measured by `npm run bench -- build`.
 */
const QUICK: Effort = {
  ...WHOLE,
  ...FEW_FITS,
  name: 'quick',
  listUsers: 600,
  rankerOnAll: false,
  triesMean: false,
  searchBudget: 1e11,
  judgedUsers: 1_500,
}

/** The effort that a log gets. */
export function effortFor({ userCount, item }: Interactions, asked: Config['training']['effort']): Effort {
  if (asked === 'quick' || (asked === 'auto' && userCount > MANY_USERS)) return QUICK
  if (item.length > MANY_ROWS) return { ...MANY_LISTS, ...FEW_FITS }
  return userCount > FEW_USERS ? MANY_LISTS : WHOLE
}

/** Where a fit on more rows starts after one on fewer; undefined where each fit starts afresh. */
export function warmStart(models: FittedModels | undefined, { warmSweeps }: Effort): WarmStart | undefined {
  return models === undefined || warmSweeps === null
    ? undefined
    : { start: startOf(models), sweeps: warmSweeps, contentRidge: models.contentRidge, secondStart: models.second }
}
