import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FEATURE_COUNT,
  FEATURE_LAYOUT,
  FEATURE_NAMES,
  type FeatureInputs,
  type FeatureName,
  featureIndex,
} from './features.ts'
import { FEATURE_BOUND, fillFeatures } from './fill-features.ts'
import { SAMPLE_NOW, sampleFeatureInputs } from './sample-features.conformance.ts'

const GOLDEN = new URL('./fixtures/v1/features.sha256', import.meta.url)

/** The column of one feature. */
function column(inputs: FeatureInputs, name: FeatureName): number[] {
  const rows = fillFeatures(inputs)
  return Array.from({ length: inputs.count }, (_, i) => rows[i * FEATURE_COUNT + featureIndex(name)])
}

/** One candidate and two history items with numbers small enough for the head. */
function tiny(change: Partial<FeatureInputs> = {}): FeatureInputs {
  const zeros = new Float32Array(2)
  const ranks = Uint16Array.of(0, 1_000)
  const item = {
    itemNo: 1,
    tags: Uint16Array.of(1, 2),
    popularity: 100,
    price: 10,
    createdDay: 9_800,
    at: SAMPLE_NOW - 7_200_000,
  }
  return {
    ...sampleFeatureInputs({ seed: 3, count: 2, dim: 2, historyLength: 0 }),
    history: [
      { ...item, category: 5, vector: Float32Array.of(3, 4) },
      { ...item, category: 65_535, vector: Float32Array.of(0, 1), popularity: 200, price: 30, tags: Uint16Array.of(2) },
    ],
    context: { now: SAMPLE_NOW, tzOffsetMin: 0, device: 2, scene: 3, item: null },
    category: Uint16Array.of(5, 65_535),
    createdDay: Uint16Array.of(9_820, 65_535),
    price: Float32Array.of(40, Number.NaN),
    popularity: Uint8Array.of(200, 0),
    flags: Uint8Array.of(2, 5),
    tagOffsets: Uint32Array.of(0, 2, 3),
    tags: Uint16Array.of(2, 9, 1),
    vectors: Float32Array.of(4, 3, 0, 0),
    userRecent: Float32Array.of(0, 2),
    dotRecent: Float32Array.of(6, 0),
    dotUniform: zeros,
    voterRecent: Float32Array.of(1, 3),
    voterUniform: zeros,
    voterTotal: Float32Array.of(2, 4),
    sequence: Float32Array.of(5, 0),
    rankSequence: Uint16Array.of(7, 1_000),
    rankVector: ranks,
    rankVoters: ranks,
    rankPopular: ranks.toReversed(),
    rankTrending: Uint16Array.of(1_000, 1_000),
    rankFresh: Uint16Array.of(999, 1_000),
    ...change,
  }
}

describe('the feature layout', () => {
  test('has 109 distinct names at their own columns', () => {
    expect(FEATURE_LAYOUT).toBe(5)
    expect(FEATURE_COUNT).toBe(109)
    expect(new Set(FEATURE_NAMES).size).toBe(FEATURE_COUNT)
    expect(FEATURE_NAMES.map(featureIndex)).toEqual(FEATURE_NAMES.map((_, i) => i))
  })

  test('groups names by what they speak of', () => {
    for (const name of FEATURE_NAMES)
      expect(name).toMatch(
        /^(user|context|item|dot|voters|blend|similarity|tags|match|rank|sequence)\.[a-z]+[A-Za-z0-9]*$/,
      )
  })
})

describe('fillFeatures', () => {
  test('gives the golden bytes for the sample of seed 1', () => {
    const rows = fillFeatures(sampleFeatureInputs({ seed: 1 }))
    const hash = createHash('sha256').update(new Uint8Array(rows.buffer)).digest('hex')
    if (process.env.POCKETSHELF_WRITE_GOLDEN === '1' && !existsSync(GOLDEN)) writeFileSync(GOLDEN, `${hash}\n`)
    expect(hash).toBe(readFileSync(GOLDEN, 'utf8').trim())
  })

  test('fills every feature with something that differs between requests or candidates', () => {
    const seen = FEATURE_NAMES.map(() => new Set<number>())
    for (const seed of [1, 2, 3]) {
      const inputs = sampleFeatureInputs({ seed, historyLength: 4 + seed })
      const context = {
        ...inputs.context,
        now: SAMPLE_NOW + (seed - 1) * 1e8,
        device: seed,
        scene: seed,
        item: seed === 1 ? null : inputs.context.item,
      }
      for (const [k, value] of fillFeatures({ ...inputs, context }).entries()) seen[k % FEATURE_COUNT].add(value)
    }
    expect(FEATURE_NAMES.filter((_, f) => seen[f].size < 2)).toEqual([])
  })

  test.each<[FeatureName, number[]]>([
    ['user.historyLength', [2, 2]],
    ['user.distinctCategoryShare', [0.5, 0.5]],
    ['user.topCategoryShare', [1 / 1.9, 1 / 1.9]],
    ['user.meanPopularity', [150, 150]],
    ['user.recentPopularity', [(100 + 0.9 * 200) / 1.9, (100 + 0.9 * 200) / 1.9]],
    ['user.popularityDeviation', [50, 50]],
    ['user.meanPrice', [20, 20]],
    ['user.hoursSinceLast', [2, 2]],
    ['context.hourSin', [0.5, 0.5]], // 10 h: sin(150°)
    ['context.hourCos', [-Math.sqrt(3) / 2, -Math.sqrt(3) / 2]],
    ['context.weekdaySin', [Math.sin((10 * Math.PI) / 7), Math.sin((10 * Math.PI) / 7)]], // a Friday
    ['context.device', [2, 2]],
    ['context.scene', [3, 3]],
    ['context.hasItem', [0, 0]],
    ['item.ageDays', [0, -1]], // 2026-11-20 is day 9,820
    ['item.price', [40, -1]],
    ['item.hasEvidence', [1, 0]],
    ['item.norm', [5, 0]],
    ['item.tagCount', [2, 1]],
    ['item.popularityEarly', [Math.fround(200 / (3 * Math.sqrt(3))), 0]],
    ['dot.recentZ', [1, -1]],
    ['dot.recentShare', [1, 0]],
    ['dot.cosine', [0.6, 0]],
    ['dot.uniformZ', [0, 0]],
    ['dot.context', [0, 0]],
    ['voters.recentZ', [-1, 1]],
    ['voters.recentShare', [1 / 3, 1]],
    ['blend.recentZ', [0, 0]],
    ['similarity.last', [0.96, 0]],
    ['similarity.max', [0.96, 0]],
    ['similarity.maxPosition', [0, 0]],
    ['similarity.mean', [(0.96 + 0.6) / 2, 0]],
    ['similarity.context', [0, 0]],
    ['match.category', [1 / 1.9, 0]],
    ['match.categoryLast', [1, 0]],
    ['match.categoryCount', [1, 0]],
    ['match.tags', [1, 1 / 1.9]],
    ['match.tagsLast', [1, 1]],
    ['match.categoryContext', [0, 0]],
    ['match.priceRatio', [2, -1]],
    ['match.popularityGap', [50, -150]],
    ['rank.vector', [0, 1_000]],
    ['rank.channels', [4, 1]],
    ['user.topTagShare', [1, 1]], // tag 2 is in both items
    ['user.spread', [1 - 0.8, 1 - 0.8]],
    ['user.norm', [2, 2]],
    ['user.priceDeviation', [10, 10]],
    ['user.meanAge', [20, 20]],
    ['user.daySpan', [0, 0]],
    ['user.dayCount', [1, 1]],
    ['user.sessionLength', [0, 0]],
    ['item.hasPrice', [1, 0]],
    ['dot.last', [24, 0]],
    ['dot.product', [-1, -1]],
    ['blend.minZ', [-1, -1]],
    ['similarity.top3', [(0.96 + 0.6) / 2, 0]],
    ['similarity.last3', [(0.96 + 0.6) / 2, 0]],
    ['similarity.min', [0.6, 0]],
    ['tags.max', [1 / 2, 1 / 2]], // {2, 9} and {2}; {1} and {1, 2}
    ['tags.last', [1 / 3, 1 / 2]],
    ['tags.mean', [(1 / 3 + 1 / 2) / 2, 1 / 4]],
    ['tags.context', [0, 0]],
    ['match.tagsPerTag', [1 / 2, 1 / 1.9]],
    ['match.categoryPosition', [0, 1_000]],
    ['match.categoryLast3', [1, 0]],
    ['match.categoryHours', [2, -1]],
    ['match.priceGap', [2, 0]],
    ['match.priceLastRatio', [4, -1]],
    ['match.ageGap', [-20, 0]],
    ['match.ageLastGap', [-20, 0]],
    ['match.popularityRecentGap', [200 - (100 + 0.9 * 200) / 1.9, -(100 + 0.9 * 200) / 1.9]],
    ['rank.best', [0, 0]],
    ['rank.sequence', [7, 1_000]],
    ['sequence.dotZ', [1, -1]],
    ['sequence.share', [1, 0]],
    ['voters.share', [0.5, 0.75]],
    ['voters.perItem', [0, 0]],
  ])('computes %s by hand', (name, expected) => {
    const actual = column(tiny(), name)
    for (const [i, value] of expected.entries())
      expect(Math.abs(actual[i] - value), `${actual[i]} for ${value}`).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(value)))
  })

  test('compares candidates with the item of the page', () => {
    const [item = null] = tiny().history
    const inputs = tiny({ context: { ...tiny().context, item } })
    expect(column(inputs, 'context.hasItem')).toEqual([1, 1])
    expect(column(inputs, 'dot.context')).toEqual([24, 0])
    expect(column(inputs, 'similarity.context')[0]).toBeCloseTo(0.96, 6)
    expect(column(inputs, 'match.categoryContext')).toEqual([1, 0])
  })

  test('describes an empty history by zeros and by what stands for unknown', () => {
    const inputs = tiny({ history: [], userRecent: new Float32Array(2) })
    for (const name of FEATURE_NAMES.filter((feature) => /^(user|similarity)\./.test(feature))) {
      const unknown = {
        'user.meanPrice': -1,
        'user.hoursSinceLast': -1,
        'user.priceDeviation': -1,
        'user.meanAge': -1,
        'user.daySpan': -1,
        'user.dayCount': -1,
        'similarity.maxPosition': 10,
      }
      expect(column(inputs, name), name).toEqual(
        Array(2).fill(Object.entries(unknown).find(([key]) => key === name)?.[1] ?? 0),
      )
    }
  })

  test('returns no row for no candidate', () => {
    expect(fillFeatures(sampleFeatureInputs({ seed: 1, count: 0 }))).toHaveLength(0)
  })
})

const ORDER_FEATURES: FeatureName[] = [
  'similarity.last',
  'similarity.maxPosition',
  'match.categoryLast',
  'match.tagsLast',
  'dot.last',
  'similarity.last3',
  'tags.last',
  'match.categoryPosition',
  'match.categoryLast3',
  'match.categoryHours',
  'match.priceLastRatio',
  'match.ageLastGap',
]

const TIME_FEATURES: FeatureName[] = [
  'user.hoursSinceLast',
  'context.hourSin',
  'context.hourCos',
  'context.weekdaySin',
  'context.weekdayCos',
  'user.daySpan',
  'user.dayCount',
  'user.sessionLength',
  'match.categoryHours',
]

describe('where order means nothing', () => {
  test('features of order are constant', () => {
    const expected: Partial<Record<FeatureName, number>> = {
      'similarity.maxPosition': 10,
      'match.categoryPosition': 1_000,
      'match.categoryHours': -1,
      'match.priceLastRatio': -1,
    }
    for (const seed of [1, 2])
      for (const name of ORDER_FEATURES) {
        const values = new Set(column(sampleFeatureInputs({ seed, ordered: false }), name))
        expect([...values], name).toEqual([expected[name] ?? 0])
      }
  })

  test('no permutation of up to ten items changes a feature beyond rounding', () => {
    const inputs = sampleFeatureInputs({ seed: 5, historyLength: 10, ordered: false, timed: false })
    const rows = fillFeatures(inputs)
    for (const history of [inputs.history.toReversed(), [...inputs.history.slice(4), ...inputs.history.slice(0, 4)]]) {
      const permuted = fillFeatures({ ...inputs, history })
      const worst = rows.reduce(
        (most, value, k) => Math.max(most, Math.abs(value - permuted[k]) / (1 + Math.abs(value))),
        0,
      )
      expect(worst).toBeLessThan(1e-6)
    }
  })

  test('permutations of a longer history change only what looks at its first ten items', () => {
    const inputs = sampleFeatureInputs({ seed: 5, historyLength: 30, ordered: false, timed: false })
    const rows = fillFeatures(inputs)
    const permuted = fillFeatures({ ...inputs, history: inputs.history.toReversed() })
    const changed = FEATURE_NAMES.filter((_, f) =>
      rows.some((value, k) => k % FEATURE_COUNT === f && Math.abs(value - permuted[k]) > 1e-5 * (1 + Math.abs(value))),
    )
    expect(changed).toEqual([
      'similarity.max',
      'similarity.mean',
      'similarity.top3',
      'similarity.min',
      'tags.max',
      'tags.mean',
    ])
  })
})

describe('where times are not real', () => {
  test('features of time are constant', () => {
    const unknown: Partial<Record<FeatureName, number>> = {
      'user.hoursSinceLast': -1,
      'user.daySpan': -1,
      'user.dayCount': -1,
      'match.categoryHours': -1,
    }
    for (const name of TIME_FEATURES) {
      const values = new Set(column(sampleFeatureInputs({ seed: 1, timed: false }), name))
      expect([...values], name).toEqual([unknown[name] ?? 0])
    }
  })

  test('only ages of items depend on the clock', () => {
    const inputs = sampleFeatureInputs({ seed: 1, timed: false })
    const later = fillFeatures({ ...inputs, context: { ...inputs.context, now: SAMPLE_NOW + 1e9, tzOffsetMin: -300 } })
    const rows = fillFeatures(inputs)
    const changed = FEATURE_NAMES.filter((_, f) =>
      rows.some((value, k) => k % FEATURE_COUNT === f && value !== later[k]),
    )
    expect(changed).toEqual(['item.ageDays', 'user.meanAge'])
  })
})

describe('time', () => {
  test('of an item that comes out tomorrow is an age of its own, neither new nor unknown', () => {
    const now = tiny().context.now
    const inputs = (days: number) => tiny({ context: { ...tiny().context, now: now + days * 86_400_000 } })
    expect([1, 0, -1, -2].map((days) => column(inputs(days), 'item.ageDays')[0])).toEqual([1, 0, -2, -3])
    expect(column(inputs(-1), 'item.ageDays')[1]).toBe(-1)
  })

  test('before 1970 still has an hour and a weekday', () => {
    const at = Date.UTC(1969, 11, 31, 23) // a Wednesday
    const inputs = tiny({ context: { ...tiny().context, now: at } })
    expect(column(inputs, 'context.hourCos')[0]).toBeCloseTo(Math.cos((23 * Math.PI) / 12), 6)
    expect(column(inputs, 'context.weekdaySin')[0]).toBeCloseTo(Math.sin((6 * Math.PI) / 7), 6)
  })

  test('is local: the offset moves the hour over midnight and the weekday with it', () => {
    const context = { ...tiny().context, now: Date.UTC(2026, 10, 20, 23, 30), tzOffsetMin: 60 }
    expect(column(tiny({ context }), 'context.hourSin')[0]).toBe(0)
    expect(column(tiny({ context }), 'context.hourCos')[0]).toBe(1)
    expect(column(tiny({ context }), 'context.weekdaySin')[0]).toBeCloseTo(Math.sin((12 * Math.PI) / 7), 6)
  })

  test('is unknown without an offset', () => {
    const inputs = tiny({ context: { ...tiny().context, tzOffsetMin: null } })
    expect(column(inputs, 'context.hourCos')).toEqual([0, 0])
    expect(column(inputs, 'user.hoursSinceLast')).toEqual([2, 2])
  })
})

test('rows are finite and bounded for extreme inputs', () => {
  const extreme = fc.constantFrom(0, -0, 1e-45, 1, -1, 3e38, -3e38, Number.NaN, Infinity, -Infinity)
  const floats = (length: number) =>
    fc.array(extreme, { minLength: length, maxLength: length }).map((list) => Float32Array.from(list))
  const times = fc.constantFrom(0, -1e15, 8.64e15, -8.64e15, Number.NaN, Infinity, SAMPLE_NOW)
  const count = 3
  const change = fc.record({
    history: fc.array(
      fc.record({
        itemNo: fc.nat(),
        vector: floats(2),
        category: fc.constantFrom(0, 65_535),
        tags: fc.uint16Array({ maxLength: 3 }),
        popularity: fc.nat(255),
        price: extreme,
        createdDay: fc.constantFrom(0, 9_820, 65_535),
        at: times,
      }),
      { maxLength: 12 },
    ),
    ordered: fc.boolean(),
    price: floats(count),
    vectors: floats(count * 2),
    userRecent: floats(2),
    dotRecent: floats(count),
    dotUniform: floats(count),
    voterRecent: floats(count),
    voterFast: floats(count),
    voterMax: floats(count),
  })
  fc.assert(
    fc.property(change, times, fc.constantFrom(null, 0, -1e9, 840, Number.NaN), (part, now, tzOffsetMin) => {
      const inputs = sampleFeatureInputs({ seed: 9, count, dim: 2 })
      const [item = null] = part.history
      const rows = fillFeatures({ ...inputs, ...part, context: { ...inputs.context, now, tzOffsetMin, item } })
      const wrong = rows.findIndex((value) => !(Math.abs(value) <= FEATURE_BOUND))
      expect(wrong < 0 ? 'all finite' : FEATURE_NAMES[wrong % FEATURE_COUNT]).toBe('all finite')
    }),
    { seed: 20_261_120, numRuns: 400 },
  )
})
