import type { FlatMetrics } from './flat-metrics.ts'
import type { ItemGroup, UserGroup } from './groups.ts'
import type { Paired } from './intervals.ts'

/** Bounds of a 95 % bootstrap interval over users. */
export type Bounds = readonly [low: number, high: number]

/** One method on the tested users. */
export type MethodResult = { readonly metrics: FlatMetrics; readonly intervals: Readonly<Record<string, Bounds>> }

/** What a device of this release does for the tested users; see docs/evaluation.md for every entry. */
export type Judgement = {
  /** List length that groups and curves are about. */
  readonly k: number
  readonly users: number
  /** Users without a test item; they are in no mean. */
  readonly skippedUsers: number
  readonly model: MethodResult
  readonly popularity: MethodResult
  readonly random: MethodResult
  /** The model's NDCG@k against others' on the same users. */
  readonly paired: Readonly<Record<string, Paired>>
  readonly groups: {
    readonly activity: readonly UserGroup[]
    readonly category: readonly ItemGroup[]
    readonly itemAge: readonly ItemGroup[]
    readonly itemPopularity: readonly ItemGroup[]
  }
  readonly historyLength: readonly HistoryPoint[]
  /** null where no retrieval takes place (exact mode). */
  readonly retrieval: RetrievalResult | null
  readonly diversity: readonly DiversityPoint[]
  /** Empty where it was not measured. */
  readonly minSupport: readonly MinSupportPoint[]
  readonly calibration: CalibrationResult | null
  readonly coldItems: ColdItems | null
  readonly leaks: Leaks
}

/** Ways in which test rows may have reached training; each a share that honest files keep near 0. */
export type Leaks = {
  /** Test rows that stand in the user's train rows as well. */
  readonly repeatedRows: number
  /** Known rows that are later than what is asked for; null without real times. */
  readonly laterRows: number | null
  /** Users whose known items and a test item all stand under one other name. */
  readonly twins: number
}

/** The same users with all but their latest items forgotten. */
export type HistoryPoint = {
  readonly length: number
  readonly users: number
  readonly ndcg: number
  readonly popularity: number
}

/** What the first stage finds, before anything is ranked. */
export type RetrievalResult = {
  readonly users: number
  /** Mean number of candidates. */
  readonly candidates: number
  /** Share of test rows among the candidates: no ranker can find more. */
  readonly recall: number
  /** Share of shown places, and of hits, that each channel found; several may find the same item. */
  readonly channels: readonly {
    readonly name: string
    readonly shown: number
    readonly hits: number
    readonly onlyHits: number
  }[]
}

/** Lists under one strength of the diversity rule (MMR). */
export type DiversityPoint = {
  readonly diversity: number
  readonly ndcg: number
  /** Mean 1 - cosine between items of a list. */
  readonly listDiversity: number
}

/** The release under another minSupport. */
export type MinSupportPoint = {
  readonly minSupport: number
  readonly ndcg: number
  /** Pairs of items that are shipped. */
  readonly pairs: number
  /** Items that keep a vector of their own. */
  readonly items: number
}

/** Predicted against observed chances that a shown item is taken, after Platt scaling on other users. */
export type CalibrationResult = {
  readonly bins: readonly { readonly predicted: number; readonly observed: number; readonly count: number }[]
  /** Mean |predicted - observed| weighted by count. */
  readonly error: number
  readonly logLoss: number
  /** Log loss of always predicting the mean. */
  readonly baseLogLoss: number
}

/** Items that no training row names, ranked among themselves by what the device knows of them. */
export type ColdItems = {
  readonly items: number
  readonly users: number
  readonly 'recall@100': number
  /** What a random order of these items finds. */
  readonly random: number
  /** The same recall by the inner products of one space alone: of the first (content map), and of the second where it places items by content. */
  readonly alone: { readonly first: number; readonly second: number | null }
}
