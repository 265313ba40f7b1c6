/**
 * The ranking features in order; the index of a name is its column. The layout is a wire format: a change of meaning or
 * order needs a new `FEATURE_LAYOUT`, and a manifest carries rankers for the current and the previous one.
 */
export const FEATURE_NAMES = [
  // The visitor, the same for every candidate.
  'user.historyLength',
  'user.distinctCategoryShare',
  'user.topCategoryShare',
  'user.meanPopularity',
  'user.recentPopularity',
  'user.popularityDeviation',
  'user.meanPrice',
  'user.hoursSinceLast',
  // The moment and the place.
  'context.hourSin',
  'context.hourCos',
  'context.weekdaySin',
  'context.weekdayCos',
  'context.device',
  'context.scene',
  'context.hasItem',
  // The candidate alone.
  'item.popularity',
  'item.trending',
  'item.clickRate',
  'item.conversionRate',
  'item.quality',
  'item.ageDays',
  'item.price',
  'item.hasEvidence',
  'item.norm',
  'item.tagCount',
  // The candidate for this visitor: inner products with the user vectors.
  'dot.recent',
  'dot.recentZ',
  'dot.recentShare',
  'dot.cosine',
  'dot.uniform',
  'dot.uniformZ',
  'dot.context',
  // Votes of the history's items.
  'voters.recent',
  'voters.recentZ',
  'voters.recentShare',
  'voters.uniform',
  'voters.uniformZ',
  'voters.fast',
  'voters.fastZ',
  'voters.max',
  'voters.count',
  'voters.last',
  'voters.context',
  'blend.recentZ',
  'blend.uniformZ',
  // Cosine with single items of the history.
  'similarity.last',
  'similarity.max',
  'similarity.maxPosition',
  'similarity.mean',
  'similarity.context',
  // Attributes shared with the history.
  'match.category',
  'match.categoryLast',
  'match.categoryCount',
  'match.tags',
  'match.tagsLast',
  'match.categoryContext',
  'match.priceRatio',
  'match.popularityGap',
  // Place in each channel's list; 1000 where the channel did not find it.
  'rank.vector',
  'rank.voters',
  'rank.popular',
  'rank.trending',
  'rank.fresh',
  'rank.channels',
  // Layout 2. The visitor: how wide and how lively the history is.
  'user.topTagShare',
  'user.spread',
  'user.norm',
  'user.priceDeviation',
  'user.meanAge',
  'user.daySpan',
  'user.dayCount',
  'user.sessionLength',
  // The candidate's own connections.
  'item.voterTotal',
  'item.hasPrice',
  // Inner products once more: the latest item, and the cosine of the unweighted user vector's blend.
  'dot.last',
  'dot.product',
  // How the votes are spread over the history and over the candidate's voters.
  'voters.share',
  'voters.uniformShare',
  'voters.perItem',
  'voters.second',
  'voters.last3',
  'voters.session',
  'voters.lastPosition',
  'voters.maxPosition',
  'blend.fastZ',
  'blend.minZ',
  // Cosine with several items of the history.
  'similarity.top3',
  'similarity.last3',
  'similarity.min',
  // Overlap of tags with single items (Jaccard).
  'tags.max',
  'tags.last',
  'tags.context',
  'tags.mean',
  // Attributes once more.
  'match.tagsPerTag',
  'match.categoryPosition',
  'match.categoryLast3',
  'match.categoryHours',
  'match.priceGap',
  'match.priceLastRatio',
  'match.ageGap',
  'match.ageLastGap',
  'match.popularityRecentGap',
  // The second space (a sequence encoder or the mean of the history); 0 and NO_RANK without one.
  'sequence.dot',
  'sequence.dotZ',
  'sequence.share',
  'blend.sequenceZ',
  'rank.sequence',
  'rank.best',
  // Layout 3. Popularity / (1 + history length) ^ 3/2 (layout 5): what to go by while little is known of the visitor.
  'item.popularityEarly',
] as const

export type FeatureName = (typeof FEATURE_NAMES)[number]

export const FEATURE_COUNT = FEATURE_NAMES.length

/** Version of names, order and arithmetic. */
export const FEATURE_LAYOUT = 5

/** Rank of a candidate in a channel that did not find it. */
export const NO_RANK = 1_000

/** Latest history items that similarity features look at. */
export const SIMILARITY_ITEMS = 10

/** Per step back in the history, what an item still counts for tastes in categories, tags and popularity. */
export const TASTE_RATIO = 0.9

/** Pause that ends a session, ms: half an hour, as web analytics count it. */
export const SESSION_GAP_MS = 1_800_000

/** History weights of the fast votes: a half-life of about three items. */
export const FAST_RATIO = 0.8

/** Column of a feature. */
export function featureIndex(name: FeatureName): number {
  return FEATURE_NAMES.indexOf(name)
}

/** One item of a history with what features need of it; all of it is kept on the device, so that it outlives its cell. */
export type HistoryItem = {
  readonly itemNo: number
  /** Dequantised vector in the first space. */
  readonly vector: Float32Array
  /** Dictionary index, 65535 none. */
  readonly category: number
  readonly tags: Uint16Array
  /** 0…255. */
  readonly popularity: number
  /** NaN unknown. */
  readonly price: number
  /** Days since 2000-01-01, 65535 unknown. */
  readonly createdDay: number
  /** Milliseconds UTC, NaN unknown. */
  readonly at: number
}

/** The moment and place of a request. */
export type FeatureContext = {
  /** Milliseconds UTC. */
  readonly now: number
  /** Minutes east of UTC, or null: then hour and weekday are unknown. */
  readonly tzOffsetMin: number | null
  /** 0 unknown, 1 phone, 2 tablet, 3 desktop. */
  readonly device: number
  /** Index into `SCENES`. */
  readonly scene: number
  /** Item that the page is about. */
  readonly item: HistoryItem | null
}

/** Everything the features of one request are computed from; arrays have one entry per candidate unless said otherwise. */
export type FeatureInputs = {
  readonly count: number
  readonly dim: number
  /** Whether order in histories means something; if not, every feature of order is constant. */
  readonly ordered: boolean
  /** Whether times are real; if not, every feature of time is constant. */
  readonly timed: boolean
  /** Latest first. */
  readonly history: readonly HistoryItem[]
  readonly context: FeatureContext
  readonly popularity: Uint8Array
  readonly trending: Uint8Array
  readonly clickRate: Uint8Array
  readonly conversionRate: Uint8Array
  readonly quality: Uint8Array
  readonly flags: Uint8Array
  readonly category: Uint16Array
  readonly createdDay: Uint16Array
  readonly price: Float32Array
  /** Length count + 1. */
  readonly tagOffsets: Uint32Array
  readonly tags: Uint16Array
  /** Dequantised, row-major, count × dim. */
  readonly vectors: Float32Array
  /** Length dim. */
  readonly userRecent: Float32Array
  readonly dotRecent: Float32Array
  readonly dotUniform: Float32Array
  readonly voterRecent: Float32Array
  readonly voterUniform: Float32Array
  readonly voterFast: Float32Array
  readonly voterMax: Float32Array
  readonly voterCount: Float32Array
  readonly voterLast: Float32Array
  readonly voterContext: Float32Array
  /** Weight of all voters of the candidate, in the history or not. */
  readonly voterTotal: Float32Array
  readonly voterSecond: Float32Array
  /** Votes of the three latest items. */
  readonly voterLast3: Float32Array
  /** Votes of the items of the running session. */
  readonly voterSession: Float32Array
  /** Position of the latest item that votes, and of the one that votes most; NO_RANK none. */
  readonly voterLastPosition: Uint16Array
  readonly voterMaxPosition: Uint16Array
  /** Inner products with the query in the second space; zeros without one. */
  readonly sequence: Float32Array
  /** 0 the best; NO_RANK where the channel did not find it. */
  readonly rankVector: Uint16Array
  readonly rankVoters: Uint16Array
  readonly rankPopular: Uint16Array
  readonly rankTrending: Uint16Array
  readonly rankFresh: Uint16Array
  readonly rankSequence: Uint16Array
}
