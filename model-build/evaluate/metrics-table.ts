import {
  aucOf,
  averagePrecisionAt,
  diversityAt,
  giniOf,
  hitRateAt,
  meanPopularity,
  ndcgAt,
  noveltyAt,
  recallAt,
  reciprocalRank,
} from './metrics.ts'

/** Means over users at one list length. Coverage and Gini are over the whole catalogue. */
export type MetricsAt = {
  readonly recall: number
  readonly hitRate: number
  readonly ndcg: number
  readonly map: number
  readonly coverage: number
  readonly novelty: number
  /** NaN when no similarity was given. */
  readonly diversity: number
  readonly gini: number
  /**
   * Mean popularity of the lists over that of the histories: 1 shows as popular items as people take, more is a popularity bias. NaN without
   * histories. Source: the two averages of Abdollahpouri et al., "The Unfairness of Popularity Bias in Recommendation", 2019.
   */
  readonly popularityLift: number
}

export type MetricsTable = {
  readonly users: number
  /** Users without a test item; they are in no mean. */
  readonly skippedUsers: number
  /** Of the whole lists handed in, whatever their length. */
  readonly mrr: number
  /** Of the whole lists, items beyond them tied behind. */
  readonly auc: number
  readonly at: ReadonlyMap<number, MetricsAt>
}

/** Values of one user at every k, for intervals and paired comparisons; index as in `cutoffs`. */
export type UserMetrics = { readonly recall: readonly number[]; readonly ndcg: readonly number[] }

export type CollectorOptions = {
  readonly cutoffs: readonly number[]
  readonly itemCount: number
  /** Training pairs of each item. */
  readonly popularity: ArrayLike<number>
  readonly similarity?: (a: number, b: number) => number
}

const SUMMED = ['recall', 'hitRate', 'ndcg', 'map', 'novelty', 'diversity'] as const
type Sums = Record<(typeof SUMMED)[number] | 'popularity', Mean>

/** Collects metrics list by list, keeping only sums, exposure counts and the per-user recall and NDCG. */
export class MetricsCollector {
  /** Per counted user, in the order they were added. */
  readonly perUser: UserMetrics[] = []
  readonly #options: CollectorOptions
  readonly #totalPairs: number
  readonly #sums: Sums[]
  readonly #exposure: Float64Array[]
  readonly #mrr = new Mean()
  readonly #auc = new Mean()
  readonly #profile = new Mean()
  #skipped = 0

  constructor(options: CollectorOptions) {
    this.#options = options
    this.#totalPairs = Math.max(
      1,
      Array.from(options.popularity).reduce((sum, count) => sum + count, 0),
    )
    this.#sums = options.cutoffs.map(() => ({
      recall: new Mean(),
      hitRate: new Mean(),
      ndcg: new Mean(),
      map: new Mean(),
      novelty: new Mean(),
      diversity: new Mean(),
      popularity: new Mean(),
    }))
    this.#exposure = options.cutoffs.map(() => new Float64Array(options.itemCount))
  }

  /**
   * Adds a user's list (best first, no repeats), test items and what the user knew; a user without test items is counted as skipped.
   */
  add(list: ArrayLike<number>, truth: ReadonlySet<number>, known: ArrayLike<number> = []): void {
    if (truth.size === 0) {
      this.#skipped++
      return
    }
    this.#mrr.add(reciprocalRank(list, truth))
    this.#auc.add(aucOf(list, truth, this.#options.itemCount - known.length))
    const { cutoffs, popularity, similarity } = this.#options
    if (known.length > 0) this.#profile.add(meanPopularity(known, popularity))
    const recall = cutoffs.map((k) => recallAt(list, truth, k))
    const ndcg = cutoffs.map((k) => ndcgAt(list, truth, k))
    this.perUser.push({ recall, ndcg })
    for (const [index, k] of cutoffs.entries()) {
      const sums = this.#sums[index]
      const exposure = this.#exposure[index]
      if (sums === undefined || exposure === undefined) continue
      sums.recall.add(recall[index] ?? Number.NaN)
      sums.ndcg.add(ndcg[index] ?? Number.NaN)
      sums.hitRate.add(hitRateAt(list, truth, k))
      sums.map.add(averagePrecisionAt(list, truth, k))
      sums.novelty.add(noveltyAt(list, popularity, this.#totalPairs, k))
      if (known.length > 0 && list.length > 0) sums.popularity.add(meanPopularity(list, popularity, k))
      if (similarity !== undefined) sums.diversity.add(diversityAt(list, similarity, k))
      for (let rank = 0; rank < Math.min(k, list.length); rank++)
        exposure[list[rank] ?? 0] = (exposure[list[rank] ?? 0] ?? 0) + 1
    }
  }

  /** The means so far; NaN where no user was counted. */
  table(): MetricsTable {
    const at = new Map<number, MetricsAt>()
    for (const [index, k] of this.#options.cutoffs.entries()) {
      const sums = this.#sums[index]
      const exposure = this.#exposure[index]
      if (sums === undefined || exposure === undefined) continue
      const shown = exposure.reduce((count, times) => (times > 0 ? count + 1 : count), 0)
      const coverage = shown / Math.max(1, this.#options.itemCount)
      const means = Object.fromEntries(SUMMED.map((name) => [name, sums[name].value()])) as Record<
        (typeof SUMMED)[number],
        number
      > // SUMMED names them all
      const popularityLift = sums.popularity.value() / this.#profile.value()
      at.set(k, { ...means, coverage, gini: giniOf(exposure), popularityLift })
    }
    return {
      users: this.perUser.length,
      skippedUsers: this.#skipped,
      mrr: this.#mrr.value(),
      auc: this.#auc.value(),
      at,
    }
  }
}

class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    if (Number.isNaN(value)) return
    this.#sum += value
    this.#count++
  }

  value(): number {
    return this.#count === 0 ? Number.NaN : this.#sum / this.#count
  }
}
