import { encodeCards } from '#contract/cards'
import { orderCrc } from '#contract/cell-order'
import { type ColumnCell, encodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import { encodeDirectory } from '#contract/directory'
import { FEATURE_COUNT, FEATURE_LAYOUT, featureIndex } from '#contract/features'
import { computeGramian, encodeGramian } from '#contract/gramian'
import type { Manifest } from '#contract/manifest'
import { encodePatch } from '#contract/patch'
import { type ChannelPointer, pointerBytes, SEQUENCE_STEPS, type SignedPointer, STEP } from '#contract/pointer'
import { CELL_ROLE, type CellEntry, encodeShardTable, type ObjectRef } from '#contract/shard-table'
import { encodeTrees } from '#contract/trees'
import { dequantise, encodeVectors } from '#contract/vectors'
import { encodeVoters } from '#contract/voters'
import { sha256Hex, toBase64Url } from '../release/verify.ts'

const DIM = 16
const CATEGORIES = ['Comedy', 'Crime', 'History', 'Travel'] as const

/** What may differ between two tiny releases. */
export type TinyOptions = {
  readonly site?: string
  /** Items 0…itemCount-1; item n has text id `item-n` unless `idOf` says otherwise, category n mod 4, and is the more popular the smaller n. */
  readonly itemCount?: number
  readonly idOf?: (itemNo: number) => string
  /** Items of a cell; the first cell is the head. */
  readonly cellItems?: number
  readonly name?: string
  /** Text put before the titles of one cell's items: changes that cell's cards and nothing else. */
  readonly retitled?: { readonly cell: number; readonly prefix: string }
  /** Items of one cell whose newest vectors say that they are of another category, as a patch says it. */
  readonly patched?: {
    readonly cell: number
    readonly items: readonly number[]
    readonly category: number
    readonly baseCrc?: number
  }
  readonly manifest?: Record<string, unknown>
}

/** A whole release in memory: its objects by hash, and the manifest's hash. */
export type TinyRelease = {
  readonly manifestHash: string
  readonly manifest: Manifest
  readonly objects: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly cells: readonly CellEntry[]
}

/** Builds a release whose items of one category have alike vectors, so that a click in one brings more of it. */
export async function buildTinyRelease(options: TinyOptions = {}): Promise<TinyRelease> {
  const { itemCount = 120, cellItems = 40 } = options
  const objects = new Map<string, Uint8Array<ArrayBuffer>>()
  const put = async (bytes: Uint8Array): Promise<ObjectRef> => {
    const copy = bytes.slice() as Uint8Array<ArrayBuffer> // slice() gives it a buffer of its own
    const hash = await sha256Hex(crypto.subtle, copy)
    objects.set(hash, copy)
    return { hash, sizeBytes: copy.length }
  }
  const quantised = allVectors(itemCount)
  const cells: CellEntry[] = []
  for (let from = 0; from < itemCount; from += cellItems) {
    const to = Math.min(itemCount, from + cellItems)
    cells.push(await buildCell({ index: cells.length, from, to, quantised, options, put }))
  }
  const manifest = await tinyManifest({ options, cells, quantised, put })
  const root = await put(json(manifest))
  return { manifestHash: root.hash, manifest, objects, cells }
}

type ManifestParts = Pick<CellParts, 'options' | 'quantised' | 'put'> & { readonly cells: readonly CellEntry[] }

async function tinyManifest({ options, cells, quantised, put }: ManifestParts): Promise<Manifest> {
  const { itemCount = 120, site = 'shop', name = 'tiny-1' } = options
  const scales = new Array<number>(DIM).fill(0.01)
  const gramian = await put(encodeGramian(computeGramian(dequantise(quantised, Float32Array.from(scales)), DIM)))
  const encoder = { type: 'ridge', alpha0: 0.1, reg: 0.05, nu: 1, itemCount, ratio: 0.9 }
  const centroids = new Int8Array(cells.length * DIM)
  const table = { spaceCount: 1, localeCount: 1, dim: DIM, cells, centroids, graphs: [] }
  const manifest = {
    ...MANIFEST_DEFAULTS,
    site,
    release: name,
    itemCount,
    itemNoEnd: itemCount,
    spaces: [{ spaceId: 'space-1', dim: DIM, metric: 'ip', encoder, scales, gramian }],
    shardTable: await put(encodeShardTable(table)),
    dictionaries: await put(json({ v: 1, categories: CATEGORIES, tags: [] })),
    directory: [{ prefixEnd: 65_536, ref: await put(tinyDirectory(options)) }],
    rankers: [{ layout: FEATURE_LAYOUT, onnx: await put(new Uint8Array([1, 2, 3])), trees: await put(tinyTrees()) }],
    lists: [
      { scene: 'popular', items: Array.from({ length: itemCount }, (_, i) => i), halfLifeDays: null },
      { scene: 'trending', items: [3, 2, 1], halfLifeDays: 7 },
      { scene: 'fresh', items: [], halfLifeDays: null },
    ],
    ...options.manifest,
  }
  return manifest as unknown as Manifest // complete by construction; tests of refusal put wrong values in on purpose
}

/** A site's signing key. */
export type TinyKey = { readonly publicKey: string; readonly privateKey: CryptoKey }

/** A new Ed25519 key; the public half as `data-keys` carries it. */
export async function createTinyKey(): Promise<TinyKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair // of an asymmetric algorithm
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  return { publicKey: toBase64Url(new Uint8Array(raw)), privateKey: pair.privateKey }
}

/** Signs a pointer to a release. */
export async function signPointer(
  key: TinyKey,
  release: Pick<TinyRelease, 'manifestHash'>,
  fields: Partial<ChannelPointer> & { readonly publication?: number } = {},
): Promise<SignedPointer> {
  const { publication = 1, ...rest } = fields
  const pointer: ChannelPointer = {
    v: 1,
    site: 'shop',
    channel: 'live',
    sequence: publication * SEQUENCE_STEPS + STEP.full,
    manifest: release.manifestHash,
    canary: null,
    issuedAt: '2026-11-20T00:00:00.000Z',
    ...rest,
  }
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, pointerBytes(pointer))
  return { ...pointer, keyId: key.publicKey.slice(0, 8), signature: toBase64Url(new Uint8Array(signature)) }
}

type CellParts = {
  readonly index: number
  readonly from: number
  readonly to: number
  readonly quantised: Int8Array
  readonly options: TinyOptions
  readonly put: (bytes: Uint8Array) => Promise<ObjectRef>
}

async function buildCell({ index, from, to, quantised, options, put }: CellParts): Promise<CellEntry> {
  const itemNos = Uint32Array.from({ length: to - from }, (_, i) => from + i)
  const crc = orderCrc(itemNos)
  const itemCount = itemNos.length
  const prefix = options.retitled?.cell === index ? options.retitled.prefix : ''
  const { idOf = plainId } = options
  const cards = Array.from(itemNos, (n) => ({
    id: idOf(n),
    title: `${prefix}${CATEGORIES[n % 4]} number ${n}`,
    url: `/item/${n}`,
    image: `/cover/${n}.svg`,
  }))
  const vectors = quantised.slice(from * DIM, to * DIM)
  const { patched } = options
  const patch = patched?.cell === index ? { patch: await put(tinyPatch(patched, patched.baseCrc ?? crc)) } : {}
  return {
    role: index === 0 ? CELL_ROLE.head : CELL_ROLE.cell,
    itemCount,
    popularity: 65_535 - index,
    group: -1,
    objects: {
      vectors: [await put(encodeVectors({ itemCount, dim: DIM, orderCrc: crc, quantised: vectors }))],
      voters: await put(encodeVoters(tinyVoters(itemNos, crc))),
      columns: await put(encodeColumns(tinyColumns(itemNos, crc))),
      cards: [await put(encodeCards(cards, crc))],
      ...patch,
    },
  }
}

function tinyPatch({ items, category }: NonNullable<TinyOptions['patched']>, baseCrc: number): Uint8Array {
  const itemNos = Uint32Array.from(items)
  const crc = orderCrc(itemNos)
  const quantised = new Int8Array(items.length * DIM)
  for (let row = 0; row < items.length; row++) quantised[row * DIM + category] = 120
  const vectors = [{ itemCount: items.length, dim: DIM, orderCrc: crc, quantised }]
  const columns = tinyColumns(itemNos, crc)
  const category16 = new Uint16Array(items.length).fill(category)
  const parts = { vectors, voters: tinyVoters(itemNos, crc), columns: { ...columns, category: category16 } }
  return encodePatch({ baseCrc, parts })
}

/** The item of the same category just before each item votes for it. */
function tinyVoters(itemNos: Uint32Array, crc: number) {
  const voted = itemNos.filter((n) => n >= 4)
  const offsets = new Uint32Array(itemNos.length + 1)
  itemNos.forEach((n, i) => {
    offsets[i + 1] = offsets[i] + (n >= 4 ? 1 : 0)
  })
  return {
    itemCount: itemNos.length,
    orderCrc: crc,
    weightStep: 0.01,
    offsets,
    source: voted.map((n) => n - 4),
    weights: new Int8Array(voted.length).fill(20),
  }
}

function tinyColumns(itemNos: Uint32Array, crc: number): ColumnCell {
  const bytes = (value: (n: number) => number): Uint8Array => Uint8Array.from(itemNos, value)
  return {
    itemNos,
    orderCrc: crc,
    popularity: bytes((n) => Math.max(1, 255 - n)),
    trending: bytes(() => 0),
    clickRate: bytes(() => 100),
    conversionRate: bytes(() => 0),
    quality: bytes(() => 0),
    flags: bytes(() => ITEM_FLAG.available | ITEM_FLAG.hasEvidence),
    category: Uint16Array.from(itemNos, (n) => n % 4),
    createdDay: new Uint16Array(itemNos.length).fill(UNKNOWN_U16),
    price: Float32Array.from(itemNos, (n) => n + 0.99),
    tagOffsets: new Uint32Array(itemNos.length + 1),
    tags: new Uint16Array(0),
    priorMean: bytes(() => 10),
    priorStrength: bytes(() => 10),
  }
}

function allVectors(itemCount: number): Int8Array {
  const out = new Int8Array(itemCount * DIM)
  for (let n = 0; n < itemCount; n++) {
    out[n * DIM + (n % 4)] = 90
    out[n * DIM + 4 + (n % 11)] = 12
  }
  return out
}

function plainId(itemNo: number): string {
  return `item-${itemNo}`
}

function tinyDirectory({ itemCount = 120, cellItems = 40, idOf = plainId }: TinyOptions): Uint8Array {
  const items = Array.from({ length: itemCount }, (_, itemNo) => ({
    id: idOf(itemNo),
    itemNo,
    cell: Math.floor(itemNo / cellItems),
  }))
  return encodeDirectory(items)
}

/** One tree: the more of the history's category, the better; then popularity. */
function tinyTrees(): Uint8Array {
  return encodeTrees({
    layout: FEATURE_LAYOUT,
    featureCount: FEATURE_COUNT,
    roots: new Int32Array([0, 1]),
    feature: new Uint16Array([featureIndex('match.category'), featureIndex('item.popularity')]),
    threshold: new Float32Array([0.3, 200]),
    left: new Int32Array([-1, -3]),
    right: new Int32Array([-2, -4]),
    leaf: new Int32Array([0, 65_536, 0, 6_553]),
  })
}

const MANIFEST_DEFAULTS = {
  v: 1,
  createdAt: '2026-11-20T00:00:00.000Z',
  newestAt: 1_763_596_800_000,
  ordered: true,
  timed: true,
  locales: ['en'],
  currency: 'EUR',
  linearHead: null,
  bilinear: null,
  voterRatio: 0.93,
  retrieval: { vector: 200, voters: 200, popular: 100, trending: 50, fresh: 50, graphMinItems: 30_000, efSearch: 500 },
  rules: { maxPerCategory: 0, freshness: 0, diversity: 0, exploration: 0, seenDecay: 1, pins: [], boosts: [] },
  tombstones: [],
  experiments: [],
  feedback: null,
  gate: {},
  featureQuantiles: null,
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
