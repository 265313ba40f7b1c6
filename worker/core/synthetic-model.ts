import type { CardCell } from '#contract/cards'
import { orderCrc } from '#contract/cell-order'
import { type ColumnCell, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import { FEATURE_COUNT, FEATURE_LAYOUT } from '#contract/features'
import { computeGramian, type Gramian } from '#contract/gramian'
import type { Manifest } from '#contract/manifest'
import type { TreeEnsemble } from '#contract/trees'
import { dequantise, quantise } from '#contract/vectors'
import type { VoterCell } from '#contract/voters'
import type { ResidentCell } from './catalogue.ts'

/** Size and shape of a made-up release for tests and benches. */
export type SyntheticOptions = {
  readonly items: number
  readonly dim: number
  readonly seed: number
  readonly cellItems: number
  readonly clusters: number
  readonly votersPerItem: number
}

/** A release that exists only in memory; equal options give equal bits. */
export type SyntheticRelease = {
  readonly manifest: Manifest
  readonly cells: readonly ResidentCell[]
  readonly gramian: Gramian
  /** Dequantised, by itemNo. */
  readonly vectors: Float32Array
}

const DEFAULTS: SyntheticOptions = { items: 1_000, dim: 64, seed: 1, cellItems: 4_000, clusters: 40, votersPerItem: 20 }

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Makes item vectors of uneven length, each of one cluster with a share of another, voters that are mostly of the same cluster, and columns; itemNo 0 is the most popular.
 * Item ids are `item-<itemNo>`.
 */
export function syntheticRelease(options: Partial<SyntheticOptions> = {}): SyntheticRelease {
  const shape = { ...DEFAULTS, ...options }
  const { items, dim, cellItems } = shape
  const random = seededRandom(shape.seed)
  const { values, clusterOf } = clusteredVectors(shape, random)
  const scales = new Float32Array(dim)
  for (let k = 0; k < values.length; k++) scales[k % dim] = Math.max(scales[k % dim], Math.abs(values[k]) / 127)
  const quantised = quantise(values, scales)
  const vectors = dequantise(quantised, scales)
  const cells: ResidentCell[] = []
  for (let from = 0; from < items; from += cellItems) {
    const to = Math.min(items, from + cellItems)
    const itemNos = Uint32Array.from({ length: to - from }, (_, i) => from + i)
    const crc = orderCrc(itemNos)
    const count = to - from
    cells.push({
      entry: { role: from === 0 ? 0 : 1, group: -1 },
      cellIndex: cells.length,
      vectors: [{ itemCount: count, dim, orderCrc: crc, quantised: quantised.slice(from * dim, to * dim) }],
      voters: clusterVoters(shape, { from, to, crc, clusterOf, random }),
      columns: columnsOf(itemNos, crc, { items, clusterOf }),
      cards: cardsOf(itemNos, crc),
    })
  }
  return { manifest: manifestOf(shape, scales), cells, gramian: computeGramian(vectors, dim), vectors }
}

function clusteredVectors({ items, dim, clusters }: SyntheticOptions, random: () => number) {
  const normal = () => {
    let sum = -6
    for (let k = 0; k < 12; k++) sum += random()
    return sum
  }
  const centres = Float32Array.from({ length: clusters * dim }, normal)
  const clusterOf = Uint16Array.from({ length: items }, () => Math.floor(random() * clusters))
  const values = new Float32Array(items * dim)
  for (let i = 0; i < items; i++) {
    const size = (0.3 + 1.2 * random()) / Math.sqrt(dim)
    const other = Math.floor(random() * clusters)
    const share = random()
    for (let d = 0; d < dim; d++)
      values[i * dim + d] = size * (centres[clusterOf[i] * dim + d] + share * centres[other * dim + d] + normal())
  }
  return { values, clusterOf }
}

type VoterParts = {
  readonly from: number
  readonly to: number
  readonly crc: number
  readonly clusterOf: Uint16Array
  readonly random: () => number
}

function clusterVoters({ items, votersPerItem }: SyntheticOptions, parts: VoterParts): VoterCell {
  const { from, to, random, clusterOf } = parts
  const offsets = new Uint32Array(to - from + 1)
  const source: number[] = []
  const weights: number[] = []
  for (let i = from; i < to; i++) {
    const voters = new Set<number>()
    for (let tries = 0; voters.size < votersPerItem && tries < votersPerItem * 8; tries++) {
      const other = Math.floor(random() * random() * items) // the popular vote more often
      if (other !== i && (clusterOf[other] === clusterOf[i] || tries > votersPerItem * 4)) voters.add(other)
    }
    for (const other of [...voters].sort((a, b) => a - b)) {
      source.push(other)
      weights.push(1 + Math.floor(random() * 63))
    }
    offsets[i - from + 1] = source.length
  }
  return {
    itemCount: to - from,
    orderCrc: parts.crc,
    weightStep: 2 ** -7,
    offsets,
    source: Uint32Array.from(source),
    weights: Int8Array.from(weights),
  }
}

function columnsOf(
  itemNos: Uint32Array,
  crc: number,
  { items, clusterOf }: { readonly items: number; readonly clusterOf: Uint16Array },
): ColumnCell {
  const bytes = (value: (itemNo: number) => number) => Uint8Array.from(itemNos, value)
  return {
    itemNos,
    orderCrc: crc,
    popularity: bytes((itemNo) => 255 - Math.floor((itemNo * 254) / items)),
    trending: bytes((itemNo) => (itemNo * 37) % 256),
    clickRate: bytes((itemNo) => (itemNo * 11) % 256),
    conversionRate: bytes((itemNo) => (itemNo * 13) % 256),
    quality: bytes((itemNo) => (itemNo * 17) % 256),
    flags: bytes(() => ITEM_FLAG.available | ITEM_FLAG.hasEvidence),
    category: Uint16Array.from(itemNos, (itemNo) => clusterOf[itemNo] % 12),
    createdDay: Uint16Array.from(itemNos, (itemNo) => (itemNo % 5 === 0 ? UNKNOWN_U16 : 9_000 + (itemNo % 700))),
    price: Float32Array.from(itemNos, (itemNo) => (itemNo % 7 === 0 ? Number.NaN : 5 + (itemNo % 50))),
    tagOffsets: Uint32Array.from({ length: itemNos.length + 1 }, (_, i) => i * 3),
    tags: Uint16Array.from({ length: itemNos.length * 3 }, (_, k) => (k * 7) % 90),
    priorMean: bytes(() => 20),
    priorStrength: bytes(() => 50),
  }
}

function cardsOf(itemNos: Uint32Array, crc: number): CardCell {
  const id = (index: number) => `item-${itemNos[index]}`
  const card = (index: number) => ({ id: id(index), title: `Item ${itemNos[index]}`, url: '', image: '' })
  return { itemCount: itemNos.length, orderCrc: crc, id, card }
}

const PLAN = {
  vector: 300,
  voters: 300,
  popular: 50,
  trending: 30,
  fresh: 30,
  graphMinItems: 30_000,
  efSearch: 500,
}

const NO_RULES = {
  maxPerCategory: 0,
  freshness: 0,
  diversity: 0,
  exploration: 0,
  seenDecay: 1,
  pins: [],
  boosts: [],
}

function manifestOf({ items, dim }: SyntheticOptions, scales: Float32Array): Manifest {
  const ref = { hash: '0'.repeat(64), sizeBytes: 0 }
  return {
    v: 1,
    site: 'synthetic',
    release: 'synthetic',
    createdAt: '2026-11-20T00:00:00Z',
    newestAt: 1_795_132_800_000,
    itemCount: items,
    itemNoEnd: items,
    ordered: true,
    timed: true,
    locales: ['en'],
    currency: 'EUR',
    spaces: [
      {
        spaceId: 'synthetic',
        dim,
        metric: 'ip',
        encoder: { type: 'ridge', alpha0: 0.1, reg: 0.01, nu: 1, itemCount: items, ratio: 0.95 },
        scales: [...scales],
        gramian: ref,
      },
    ],
    shardTable: ref,
    directory: [],
    dictionaries: ref,
    rankers: [],
    linearHead: null,
    bilinear: null,
    voterRatio: 0.93,
    retrieval: PLAN,
    lists: [
      { scene: 'popular', items: Array.from({ length: Math.min(200, items) }, (_, i) => i), halfLifeDays: null },
      {
        scene: 'trending',
        items: Array.from({ length: Math.min(100, items) }, (_, i) => (i * 7) % items),
        halfLifeDays: 14,
      },
    ],
    rules: NO_RULES,
    tombstones: [],
    experiments: [],
    feedback: null,
    gate: {},
    featureQuantiles: null,
  }
}

/** Random trees of the current feature layout, of the given leaves each. */
export function syntheticTrees(treeCount: number, leaves: number, seed: number): TreeEnsemble {
  const random = seededRandom(seed)
  const inner = leaves - 1
  const roots = new Int32Array(treeCount)
  const nodes = treeCount * inner
  const feature = new Uint16Array(nodes)
  const threshold = new Float32Array(nodes)
  const left = new Int32Array(nodes)
  const right = new Int32Array(nodes)
  const leaf = Int32Array.from({ length: treeCount * leaves }, () => Math.floor((random() - 0.5) * 20_000))
  for (let t = 0; t < treeCount; t++) {
    const base = t * inner
    roots[t] = inner === 0 ? -(t * leaves) - 1 : base
    for (let n = 0; n < inner; n++) {
      feature[base + n] = Math.floor(random() * FEATURE_COUNT)
      threshold[base + n] = random() < 0.5 ? random() : random() * 255
      const child = (c: number) => (c < inner ? base + c : -(t * leaves + (c - inner)) - 1)
      left[base + n] = child(2 * n + 1)
      right[base + n] = child(2 * n + 2)
    }
  }
  return { layout: FEATURE_LAYOUT, featureCount: FEATURE_COUNT, roots, feature, threshold, left, right, leaf }
}
