import type { FeatureInputs, HistoryItem } from './features.ts'
import { seededRandom } from './samples.conformance.ts'

/** How large and of what kind a sample of feature inputs is. */
export type FeatureSampleOptions = {
  readonly seed: number
  readonly count?: number
  readonly dim?: number
  readonly historyLength?: number
  readonly ordered?: boolean
  readonly timed?: boolean
}

/** Milliseconds of a fixed moment, 2026-11-20T10:30:00Z. */
export const SAMPLE_NOW = Date.UTC(2026, 10, 20, 10, 30)

/**
 * Feature inputs of a seed, alike in every engine: whole numbers and exact binary fractions only.
 * The golden hash of their rows is that of seed 1, 40 candidates, 16 dimensions and 12 history items.
 */
export function sampleFeatureInputs(options: FeatureSampleOptions): FeatureInputs {
  const { seed, count = 40, dim = 16, historyLength = 12, ordered = true, timed = true } = options
  const random = seededRandom(seed)
  const whole = (end: number) => Math.floor(random() * end)
  const fraction = () => (whole(2_048) - 1_024) / 256
  const vectorOf = (length: number) => Float32Array.from({ length }, fraction)
  const bytes = () => Uint8Array.from({ length: count }, () => whole(256))
  const ranks = () => Uint16Array.from({ length: count }, () => (random() < 0.4 ? 1_000 : whole(500)))
  const category = () => (random() < 0.1 ? 65_535 : whole(6))
  const price = () => (random() < 0.2 ? Number.NaN : whole(10_000) / 4)
  const day = () => (random() < 0.1 ? 65_535 : whole(9_000))
  const tagList = () => Array.from({ length: whole(5) }, () => whole(12))
  const historyItem = (k: number): HistoryItem => ({
    itemNo: whole(1_000),
    vector: vectorOf(dim),
    category: category(),
    tags: Uint16Array.from(tagList()),
    popularity: whole(256),
    price: price(),
    createdDay: day(),
    at: SAMPLE_NOW - (k * k * k + 1) * 900_000,
  })
  const tags = Array.from({ length: count }, tagList)
  const tagOffsets = new Uint32Array(count + 1)
  tags.forEach((list, i) => {
    tagOffsets[i + 1] = tagOffsets[i] + list.length
  })
  return {
    count,
    dim,
    ordered,
    timed,
    history: Array.from({ length: historyLength }, (_, k) => historyItem(k)),
    context: { now: SAMPLE_NOW, tzOffsetMin: 60, device: 1, scene: 1, item: historyItem(0) },
    popularity: bytes(),
    trending: bytes(),
    clickRate: bytes(),
    conversionRate: bytes(),
    quality: bytes(),
    flags: bytes(),
    category: Uint16Array.from({ length: count }, category),
    createdDay: Uint16Array.from({ length: count }, () => (random() < 0.1 ? 65_535 : whole(11_000))),
    price: Float32Array.from({ length: count }, price),
    tagOffsets,
    tags: Uint16Array.from(tags.flat()),
    vectors: vectorOf(count * dim),
    userRecent: vectorOf(dim),
    dotRecent: vectorOf(count),
    dotUniform: vectorOf(count),
    voterRecent: vectorOf(count),
    voterUniform: vectorOf(count),
    voterFast: vectorOf(count),
    voterMax: vectorOf(count),
    voterCount: vectorOf(count),
    voterLast: vectorOf(count),
    voterContext: vectorOf(count),
    voterTotal: vectorOf(count),
    voterSecond: vectorOf(count),
    voterLast3: vectorOf(count),
    voterSession: vectorOf(count),
    voterLastPosition: ranks(),
    voterMaxPosition: ranks(),
    sequence: vectorOf(count),
    rankVector: ranks(),
    rankVoters: ranks(),
    rankPopular: ranks(),
    rankTrending: ranks(),
    rankFresh: ranks(),
    rankSequence: ranks(),
  }
}
