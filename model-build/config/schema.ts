import { z } from 'zod'
import { LIMITS } from '#contract/limits'

const share = z.number().min(0).max(1)
const count = z.int().min(0)
const positiveCount = z.int().min(1)
const positive = z.number().positive().finite()
const validity = { from: z.iso.date().optional(), until: z.iso.date().optional() }
const objective = z.number().min(0).max(1000)
const weights = z.record(z.string(), z.number().min(0).max(1000))

/** What `pocketshelf.toml` may hold; the meaning and unit of each entry stand beside its default in `defaults.ts`. */
export const configSchema = z.strictObject({
  seed: count,
  site: z.strictObject({
    name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/),
    locale: z.string().min(2).max(35),
  }),
  input: z.strictObject({
    layout: z.enum(['auto', 'generic', 'movielens', 'goodbooks']),
    order: z.enum(['auto', 'use', 'ignore']),
    minRating: z.number().finite(),
    retentionDays: count,
    memoryMegabytes: z.int().min(128),
    threads: z.int().min(0).max(256),
    maxLineBytes: z.int().min(1024),
  }),
  events: z.strictObject({
    weights,
    aliases: z.record(z.string(), z.string()),
    unknownWeight: z.number().min(0).max(1000),
    maxPairWeight: positive,
  }),
  validation: z.strictObject({
    maxAgeDays: positive,
    futureToleranceHours: z.number().min(0),
    futureGapDays: positive,
    maxEventsPerUserDay: positiveCount,
    spikeSigma: positive,
    spikeMinDays: positiveCount,
    maxValue: positive,
    cleanShareWarning: share,
  }),
  split: z.strictObject({
    method: z.enum(['auto', 'time', 'last', 'fraction', 'users']),
    testShare: share,
    heldOutUsers: positiveCount,
    fold: z.int().min(0).max(4),
    minUserItems: positiveCount,
  }),
  training: z.strictObject({ effort: z.enum(['auto', 'quick', 'thorough']) }),
  embedding: z.strictObject({
    dimensions: z.int().min(8).max(256),
    frequencyExponent: z.number().min(0).max(2),
    sweeps: positiveCount,
    halfLifeItems: z.array(z.number().min(0)).min(1),
  }),
  voters: z.strictObject({ perItem: z.int().min(1).max(LIMITS.votersPerItem) }),
  sequence: z.strictObject({ enabled: z.boolean(), minRows: count, minGain: share }),
  twoTower: z.strictObject({ enabled: z.boolean(), minRows: count, minGain: share }),
  mean: z.strictObject({ enabled: z.boolean(), minGain: share }),
  ranker: z.strictObject({
    model: z.enum(['trees', 'dcn']),
    trees: positiveCount,
    leaves: z.int().min(2).max(255),
    learningRate: positive,
    minLeafRows: positiveCount,
    featureFraction: z.number().positive().max(1),
    earlyStoppingRounds: positiveCount,
    maxQueries: positiveCount,
    onnx: z.string(),
    objectives: z
      .strictObject({ click: objective, conversion: objective, value: objective })
      .refine((all) => Object.values(all).some((weight) => weight > 0), 'must not all be 0'),
  }),
  tuning: z.strictObject({ enabled: z.boolean() }),
  release: z.strictObject({
    minSupport: positiveCount,
    cellItems: z.int().min(64).max(65_535),
    headItems: z.int().min(1).max(500),
    graphMinItems: positiveCount,
    trendingHalfLifeDays: positive,
  }),
  rules: z.strictObject({
    pins: z.array(z.strictObject({ item: z.string().min(1), position: z.int().min(0).max(199), ...validity })).max(200),
    boosts: z
      .array(
        z
          .strictObject({
            item: z.string().min(1).optional(),
            category: z.string().min(1).optional(),
            factor: z.number().min(0.01).max(100),
            ...validity,
          })
          .refine(({ item, category }) => (item === undefined) !== (category === undefined), 'say item or category'),
      )
      .max(200),
  }),
  exploration: z.strictObject({ share: z.number().min(0).max(0.5), method: z.enum(['uniform', 'thompson']) }),
  feedback: z.strictObject({
    enabled: z.boolean(),
    preset: z.enum(['strict', 'standard']),
    bilinearDimensions: z.union([z.literal(8), z.literal(16)]),
    shares: z
      .strictObject({ rank: share, pair: share, head: share, pos: share, canary: share })
      .refine((all) => Math.abs(Object.values(all).reduce((sum, part) => sum + part, 0) - 1) < 1e-9, 'must sum to 1'),
    canaryShare: z.union([z.literal(0.05), z.literal(0.1), z.literal(0.25), z.literal(0.5)]),
  }),
  increment: z.strictObject({
    minChange: share,
    maxMovedShare: share,
    maxAgeDays: positive,
    maxLoss: share,
  }),
  gate: z.strictObject({
    maxQualityLoss: share,
    maxBytesGrowth: z.number().min(0),
    maxRecallLoss: share,
    maxLatencyGrowth: z.number().min(0),
    minPopularityLift: z.number().min(0),
  }),
})

/** A complete, validated configuration; every entry is present. */
export type Config = z.infer<typeof configSchema>

/** Entries that change what is read from input files. */
export type IngestConfig = Pick<Config, 'input' | 'events' | 'validation'>
