import type { Config } from './schema.ts'

/** Every setting with its default, unit and meaning: the only table of defaults. `pocketshelf.toml` uses the same sections and names. */
export const DEFAULTS: Config = {
  // Every random choice of a build derives from this number: same inputs, config and seed give the same bytes.
  seed: 1,
  site: {
    // Lower-case letters, digits and dashes; part of every URL.
    name: 'demo',
    // BCP 47 tag of the cards' language.
    locale: 'en',
  },
  input: {
    // auto | generic | movielens | goodbooks. `auto` looks at column names.
    layout: 'auto',
    // auto | use | ignore: whether the order of a user's rows means anything. `auto`: as times say, and without times as the layout says.
    order: 'auto',
    // A rating of at least this is a positive sign; only for files with a rating column.
    minRating: 4,
    // Rows older than this, counted from the log's newest row, are not read into a build; 0 keeps everything. Days.
    retentionDays: 0,
    // What DuckDB may use before it spills to disk. MB.
    memoryMegabytes: 1024,
    // DuckDB threads; 0 takes one per core.
    threads: 0,
    // Longer lines of text are refused. Bytes.
    maxLineBytes: 1_048_576,
  },
  events: {
    // Weight of one event as evidence that the user wants the item; 0 means: not a positive sign.
    weights: {
      view: 1,
      click: 1,
      cart: 3,
      purchase: 5,
      favorite: 3,
      like: 3,
      rating: 1,
      impression: 0,
      dislike: 0,
      hide: 0,
    },
    // Other systems' names for our events, lower case.
    aliases: {
      pageview: 'view',
      page_view: 'view',
      view_item: 'view',
      detail: 'view',
      pv: 'view',
      open: 'view',
      clicks: 'click',
      play: 'view',
      addtocart: 'cart',
      add_to_cart: 'cart',
      basket: 'cart',
      buy: 'purchase',
      buys: 'purchase',
      transaction: 'purchase',
      order: 'purchase',
      fav: 'favorite',
      favourite: 'favorite',
      wishlist: 'favorite',
      add_to_wishlist: 'favorite',
      rate: 'rating',
      remove_from_cart: 'impression',
      imp: 'impression',
      show: 'impression',
      unlike: 'dislike',
    },
    // Weight of an event with a name found in neither table; such rows are flagged.
    unknownWeight: 1,
    // Weights of repeated events on one item add up to at most this.
    maxPairWeight: 10,
  },
  validation: {
    // Rows older than this, counted from the log's newest row, are flagged. Days.
    maxAgeDays: 730,
    // Times later than now plus this are not believed. Hours.
    futureToleranceHours: 24,
    // A last thousandth of the log that lies this far after the rest is not believed either. Days.
    futureGapDays: 365,
    // More events than this of one user within one UTC day look like a robot and are flagged.
    maxEventsPerUserDay: 1000,
    // A day with more rows than the mean of the other days plus this many standard deviations is flagged.
    spikeSigma: 3,
    // Spikes are looked for in logs of at least this many days.
    spikeMinDays: 14,
    // Values (money or ratings) outside 0…this are taken as missing and flagged.
    maxValue: 1_000_000,
    // A smaller share of rows without flag or drop gives a warning.
    cleanShareWarning: 0.95,
  },
  split: {
    // auto | time | last | fraction | users. `auto`: time with real times, fraction with order only, users without order.
    method: 'auto',
    // Share of the rows (time), of each user's rows (fraction) or of each held-out user's items (users) that is tested on.
    testShare: 0.2,
    // Users kept out of training by `users`, at most a fifth of all.
    heldOutUsers: 1000,
    // Which users `users` keeps out, for cross-validation: 0 the first part of one shuffled order, 1 the next. At most 4.
    fold: 0,
    // Users with fewer items are not tested on.
    minUserItems: 5,
  },
  training: {
    // quick | thorough | auto: how much of a log validation and the ranker look at. auto: builds of logs of more than 20,000 users are quick, all else thorough.
    effort: 'auto',
  },
  embedding: {
    dimensions: 64,
    // iALS: nu, the exponent of frequency scaling.
    frequencyExponent: 1,
    // Alternations of users and items.
    sweeps: 12,
    // Half-lives of a history's weights that validation chooses from, in items; 0 is uniform.
    halfLifeItems: [0, 50, 20, 10, 5, 3, 2],
  },
  voters: {
    // Items kept per candidate in the mean; popular ones get more.
    perItem: 20,
  },
  sequence: {
    // Try an encoder of the order of histories, where order means something. Takes minutes for each million rows.
    enabled: false,
    // Smaller logs are not worth it: what it could learn, votes and vectors learn from less. Rows.
    minRows: 8000,
    // A release carries it when NDCG@20 of the whole pipeline on users kept apart grows by at least this share.
    minGain: 0.01,
  },
  twoTower: {
    // Try two towers: items by what they are and who takes them, histories by pooling them and a small network. Takes minutes for each million rows.
    enabled: false,
    // Smaller logs are not worth it: a small network learns too little from them. Rows.
    minRows: 8000,
    // A release carries it when NDCG@20 of the whole pipeline on users kept apart grows by at least this share.
    minGain: 0.01,
  },
  mean: {
    // Try a space in which a history is the direction of its items' sum (contrastive loss): it does well on sparse logs.
    enabled: true,
    // A release carries it when NDCG@20 of the whole pipeline on users kept apart grows by at least this share.
    minGain: 0.005,
  },
  ranker: {
    // trees | dcn: what ranks the candidates, boosted trees or a deep and cross network (ONNX; a device ranks with it once the runtime has arrived).
    model: 'trees',
    // The next six are of trees alone.
    trees: 250,
    leaves: 15,
    learningRate: 0.05,
    minLeafRows: 400,
    // Share of the features that each tree may use.
    featureFraction: 0.5,
    earlyStoppingRounds: 30,
    // Histories that training lists are made from.
    maxQueries: 20_000,
    // A ranker trained elsewhere (ONNX over the feature layout) in place of the build's own; empty for none. Path from the working directory.
    onnx: '',
    // What it learns to find, as weights: anything taken; purchases; money (a row's value over the mean). Not all 0.
    objectives: { click: 1, conversion: 0, value: 0 },
  },
  tuning: {
    // Searches more hyper-parameters than a build always chooses (docs/evaluation.md), as `--tune` does.
    enabled: false,
  },
  release: {
    // Pairs of items backed by fewer people do not leave the build.
    minSupport: 5,
    // Items of one cell; beside 1.8 million items and more, those of the longest vectors are half as large.
    cellItems: 4000,
    // Items of the first head slice, at most: fewer where they and the ranker's trees would weigh more than 64 kB, since a first list waits for both.
    headItems: 350,
    // Groups of at least this many items get an HNSW graph: below, an exact scan is faster (docs/decisions/0010).
    graphMinItems: 150_000,
    // Decay of the trending list. Days.
    trendingHalfLifeDays: 7,
  },
  rules: {
    // Items that have a place on the home list: { item, position (0 is the first), from?, until? (dates) }.
    pins: [],
    // Factors on scores: { category or item, factor (2 doubles), from?, until? (dates) }.
    boosts: [],
  },
  exploration: {
    // Share of list places given to exploration, with logged propensities; 0 shows the best only. At most 0.5.
    share: 0,
    // uniform | thompson: a uniform draw among the next best, or Thompson sampling over the Beta priors of click rates.
    method: 'uniform',
  },
  feedback: {
    // Asks visitors who agreed to aggregate mode the questions of a plan; without it releases ask nothing.
    enabled: false,
    // strict (epsilon 1 per report, 4 reports in 28 days) | standard (epsilon 2, 8 reports). A page's own build may allow less.
    preset: 'standard',
    // 8 or 16: 64 or 256 numbers for the bilinear term; 16 wants four times the reports.
    bilinearDimensions: 8,
    // Shares of the questions among reports; they sum to 1.
    shares: { rank: 0.35, pair: 0.35, head: 0.1, pos: 0.05, canary: 0.15 },
    // Share of devices that get a release learnt from reports first.
    canaryShare: 0.1,
  },
  increment: {
    // An item is solved anew when its users or their weights changed by more than this share since it was last.
    minChange: 0.1,
    // A full build follows when more than this share of the items is patched, new or gone since the last one.
    maxMovedShare: 0.2,
    // The same when the log's newest row is later than that of the last full build by more than this. Days.
    maxAgeDays: 7,
    // The same when freezing the others costs more than this share of NDCG@20, as users' newest rows tell.
    maxLoss: 0.005,
  },
  gate: {
    // NDCG@20 may fall by at most this share against the live release on the same data.
    maxQualityLoss: 0.02,
    // Bytes before the first personal list may grow by at most this share.
    maxBytesGrowth: 0.2,
    // The share of held-out rows among the candidates may fall by at most this share.
    maxRecallLoss: 0.03,
    // The time of a recommendation, both releases on one machine in turn, may grow by at most this share.
    maxLatencyGrowth: 1,
    // NDCG@20 as a multiple of popularity's must be at least this.
    minPopularityLift: 1,
  },
}
