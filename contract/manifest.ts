import { RecError } from './errors.ts'
import { type BilinearTerm, checkBilinear } from './feedback/learning.ts'
import type { RidgeEncoder } from './fold-in.ts'
import { isHash, isSiteName, LIMITS } from './limits.ts'
import type { MeanEncoder } from './mean-history.ts'
import type { ObjectRef } from './shard-table.ts'

/** What all spaces have: vectors of one length on an int8 grid. */
export type SpaceGrid = {
  /** Kept over releases as long as vectors of both can be compared. */
  readonly spaceId: string
  readonly dim: number
  readonly metric: 'ip'
  /** Step of the int8 grid per dimension. */
  readonly scales: readonly number[]
}

/** A space whose histories are folded in by least squares. */
export type RidgeSpace = SpaceGrid & { readonly encoder: RidgeEncoder; readonly gramian: ObjectRef }

/** A space whose histories an ONNX model reads. */
export type OnnxSpace = SpaceGrid & { readonly encoder: OnnxEncoder }

/** A space whose histories are the direction of their weighted sum. */
export type MeanSpace = SpaceGrid & { readonly encoder: MeanEncoder }

/** A space of vectors: what encodes a history into it and on which grid its items are stored. */
export type Space = RidgeSpace | OnnxSpace | MeanSpace

/**
 * A model that reads a history. Inputs `history` f32 [length, dim] (dequantised vectors of this space, the latest item last, where the release
 * is not ordered by descending itemNo; zeros in front of short histories) and `absent` f32 [1, 1, length] (0 for an item, -1e9 where there is
 * none); output `query` f32 [dim].
 */
export type OnnxEncoder = {
  readonly type: 'onnx'
  readonly model: ObjectRef
  /** Latest items of a history that it reads. */
  readonly length: number
}

/** What a ranker learnt to find, as weights: anything taken, purchases, and money over its mean. */
export type Objectives = { readonly click: number; readonly conversion: number; readonly value: number }

/**
 * One ranker for one feature layout: the same trees as ONNX and as a trees object. A network, or a ranker trained elsewhere, has no trees: until ONNX
 * Runtime has arrived, lists are in the order of the blend of user vector and votes.
 */
export type RankerRef = {
  readonly layout: number
  readonly onnx: ObjectRef
  readonly trees: ObjectRef | null
  /** For people; devices do not read it. Absent where everything taken counts the same. */
  readonly objectives?: Objectives
}

/** A list that needs no history, best first. */
export type PublicList = {
  readonly scene: 'popular' | 'trending' | 'fresh'
  readonly items: readonly number[]
  readonly halfLifeDays: number | null
}

/** Candidates each channel may give before they are merged and cut to the ranker's limit. */
export type RetrievalPlan = {
  readonly vector: number
  readonly voters: number
  /** Of the second space; absent without one. */
  readonly sequence?: number
  readonly popular: number
  readonly trending: number
  readonly fresh: number
  /** Groups with at least this many resident items are searched by their graph. */
  readonly graphMinItems: number
  readonly efSearch: number
}

export type RuleDefaults = {
  /** At most this many items of one category in a list of 10; 0 for no limit. */
  readonly maxPerCategory: number
  /** Factor of the freshness boost, 0…1. */
  readonly freshness: number
  /** 0 keeps relevance, 1 diversity only (MMR). */
  readonly diversity: number
  /** Share of list places given to exploration, 0…0.5. */
  readonly exploration: number
  /** How those places are filled: a uniform draw, or Thompson sampling over the items' Beta priors; absent means `uniform`. */
  readonly explorer?: 'uniform' | 'thompson'
  /** Factor on the score of an item shown before and not clicked, per showing, 0…1. */
  readonly seenDecay: number
  readonly pins: readonly {
    readonly item: number
    readonly position: number
    readonly from?: string
    readonly until?: string
  }[]
  readonly boosts: readonly {
    readonly category?: number
    readonly item?: number
    readonly factor: number
    readonly from?: string
    readonly until?: string
  }[]
}

/** The root of a release; everything else is found from here by hash. */
export type Manifest = {
  readonly v: 1
  readonly site: string
  /** Name for people, e.g. `2026-11-20-3fa9c1`. */
  readonly release: string
  readonly createdAt: string
  /** Time of the newest row of the log, ms; ages are counted from the later of this and the device's clock. */
  readonly newestAt: number
  readonly itemCount: number
  /** Highest itemNo + 1. */
  readonly itemNoEnd: number
  /** Whether order within a history means something; where not, the device ignores it. */
  readonly ordered: boolean
  /** Whether the log had real times; where not, time features are constant. */
  readonly timed: boolean
  readonly locales: readonly string[]
  readonly currency: string
  /** Each cell has vectors in every space; the first is the one that the device cannot do without. */
  readonly spaces: readonly [RidgeSpace, ...Space[]]
  readonly shardTable: ObjectRef
  readonly directory: readonly { readonly prefixEnd: number; readonly ref: ObjectRef }[]
  readonly dictionaries: ObjectRef
  /** Newest layout first. */
  readonly rankers: readonly RankerRef[]
  /** Added to the tree score: Σ weights[i] · row[features[i]]. */
  readonly linearHead: {
    readonly features: readonly number[]
    readonly weights: readonly number[]
    readonly bias: number
  } | null
  /** Added to the score of lists about the visitor; null until a release asks for private reports. */
  readonly bilinear: BilinearTerm | null
  /** Voters' history weights by recency: ratio^k for the k-th latest item. */
  readonly voterRatio: number
  readonly retrieval: RetrievalPlan
  readonly lists: readonly PublicList[]
  readonly rules: RuleDefaults
  /** itemNo of items that must not be shown any more, cached cells included. */
  readonly tombstones: readonly number[]
  readonly experiments: readonly unknown[]
  /** `FeedbackPart` or null. A wrong one costs the feedback, not the release: `parseFeedbackPart` reads it where it is used. */
  readonly feedback: unknown
  /** What the quality gate judged, metric → value. */
  readonly gate: Readonly<Record<string, number>>
  /** Deciles of each ranking feature on the training candidates, for drift: a JSON object {v, deciles} that devices do not fetch. */
  readonly featureQuantiles: ObjectRef | null
}

/** Category and tag names by index; append-only over the releases of a site. JSON object `dictionaries`. */
export type Dictionaries = { readonly v: 1; readonly categories: readonly string[]; readonly tags: readonly string[] }

type Raw = Record<string, unknown>

/**
 * Reads a manifest from parsed JSON. Unknown keys are ignored; what the device relies on is checked.
 * @throws RecError `manifest-version` for another major, `manifest-malformed` otherwise.
 */
export function parseManifest(value: unknown): Manifest {
  const raw = object(value, 'manifest')
  checkVersion(raw, 'a manifest')
  if (typeof raw.site !== 'string' || !isSiteName(raw.site)) throw bad('site')
  for (const key of ['release', 'createdAt', 'currency']) if (typeof raw[key] !== 'string') throw bad(key)
  for (const key of ['newestAt', 'voterRatio']) finite(raw[key], key)
  for (const key of ['itemCount', 'itemNoEnd']) whole(raw[key], key)
  for (const key of ['ordered', 'timed']) if (typeof raw[key] !== 'boolean') throw bad(key)
  for (const locale of list(raw.locales, 'locales')) if (typeof locale !== 'string') throw bad('locales')
  list(raw.experiments, 'experiments')
  if (raw.featureQuantiles !== null) reference(raw.featureQuantiles, 'featureQuantiles')
  list(raw.spaces, 'spaces').forEach((space, index) => {
    checkSpace(object(space, 'spaces'), index)
  })
  if (list(raw.spaces, 'spaces').length === 0) throw bad('spaces')
  for (const ranker of list(raw.rankers, 'rankers')) checkRanker(object(ranker, 'rankers'))
  for (const part of list(raw.directory, 'directory')) checkDirectory(object(part, 'directory'))
  for (const entry of list(raw.lists, 'lists')) checkList(object(entry, 'lists'))
  numbers(raw.tombstones, 'tombstones')
  reference(raw.shardTable, 'shardTable')
  reference(raw.dictionaries, 'dictionaries')
  const retrieval = object(raw.retrieval, 'retrieval')
  for (const key of ['vector', 'voters', 'popular', 'trending', 'fresh', 'graphMinItems', 'efSearch'])
    finite(retrieval[key], key)
  if (retrieval.sequence !== undefined) finite(retrieval.sequence, 'sequence')
  const rules = object(raw.rules, 'rules')
  for (const key of ['maxPerCategory', 'freshness', 'diversity', 'exploration', 'seenDecay']) finite(rules[key], key)
  if (![undefined, 'uniform', 'thompson'].includes(rules.explorer as string | undefined)) throw bad('explorer')
  for (const pin of list(rules.pins, 'pins'))
    for (const key of ['item', 'position']) whole(object(pin, 'pins')[key], 'pins')
  for (const boost of list(rules.boosts, 'boosts')) finite(object(boost, 'boosts').factor, 'boosts')
  for (const value of Object.values(object(raw.gate, 'gate'))) finite(value, 'gate')
  checkLinearHead(raw.linearHead)
  checkBilinear(raw.bilinear, (raw.spaces as readonly Space[])[0]?.dim ?? 0) // spaces were checked above
  return raw as Manifest // every field that code relies on was checked above
}

/** Reads the dictionaries document. @throws RecError `manifest-malformed` */
export function parseDictionaries(value: unknown): Dictionaries {
  const raw = object(value, 'dictionaries')
  checkVersion(raw, 'dictionaries')
  for (const key of ['categories', 'tags'])
    for (const name of list(raw[key], key)) if (typeof name !== 'string') throw bad(key)
  return raw as Dictionaries // checked above
}

function checkVersion({ v }: Raw, what: string): void {
  if (typeof v !== 'number') throw bad('v')
  if (v !== 1) throw new RecError('manifest-version', `${what} of another major version`, { version: v })
}

function checkDirectory(part: Raw): void {
  whole(part.prefixEnd, 'directory')
  reference(part.ref, 'directory')
}

function checkList(entry: Raw): void {
  if (typeof entry.scene !== 'string') throw bad('lists')
  numbers(entry.items, 'lists')
  if (entry.halfLifeDays !== null) finite(entry.halfLifeDays, 'lists')
}

/** The first space that a sequence encoder reads histories into, with its place among the spaces, or null. */
export function sequenceSpaceOf({ spaces }: Pick<Manifest, 'spaces'>): { space: OnnxSpace; index: number } | null {
  for (const [index, space] of spaces.entries()) if (isOnnxSpace(space)) return { space, index }
  return null
}

/** The space beside the first that histories are read into, by a model or without, with its place among the spaces, or null. */
export function secondSpaceOf({
  spaces,
}: Pick<Manifest, 'spaces'>): { space: OnnxSpace | MeanSpace; index: number } | null {
  for (const [index, space] of spaces.entries()) if (isOnnxSpace(space) || isMeanSpace(space)) return { space, index }
  return null
}

export function isMeanSpace(space: Space): space is MeanSpace {
  return space.encoder.type === 'mean'
}

function isOnnxSpace(space: Space): space is OnnxSpace {
  return space.encoder.type === 'onnx'
}

function checkSpace(space: Raw, index: number): void {
  if (typeof space.spaceId !== 'string') throw bad('spaceId')
  const dim = finite(space.dim, 'dim')
  if (!Number.isInteger(dim) || dim < 1 || dim > 512) throw bad('dim')
  if (numbers(space.scales, 'scales').length !== dim) throw bad('scales')
  if (space.metric !== 'ip') throw bad('metric')
  const encoder = object(space.encoder, 'encoder')
  if (encoder.type === 'onnx' && index > 0) {
    checkOnnxEncoder(encoder)
    return
  }
  if (encoder.type === 'mean' && index > 0) {
    for (const key of ['ratio', 'scale']) finite(encoder[key], key)
    return
  }
  if (encoder.type !== 'ridge') throw bad('encoder')
  reference(space.gramian, 'gramian')
  for (const key of ['alpha0', 'reg', 'itemCount', 'ratio']) finite(encoder[key], key)
  if (encoder.nu !== 0 && encoder.nu !== 0.5 && encoder.nu !== 1) throw bad('nu')
}

function checkOnnxEncoder(encoder: Raw): void {
  reference(encoder.model, 'encoder')
  const length = whole(encoder.length, 'length')
  if (length < 1 || length > LIMITS.historyItems) throw bad('length')
}

function checkRanker(ranker: Raw): void {
  finite(ranker.layout, 'layout')
  reference(ranker.onnx, 'onnx')
  if (ranker.trees !== null) reference(ranker.trees, 'trees')
}

function checkLinearHead(value: unknown): void {
  if (value === null) return
  const head = object(value, 'linearHead')
  const features = numbers(head.features, 'linearHead')
  if (features.length > 64 || numbers(head.weights, 'linearHead').length !== features.length) throw bad('linearHead')
  finite(head.bias, 'linearHead')
}

function object(value: unknown, field: string): Raw {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(field)
  return value as Raw // a plain object; callers check each key
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(field)
  return value
}

function numbers(value: unknown, field: string): readonly number[] {
  const values = list(value, field)
  for (const entry of values) finite(entry, field)
  return values as readonly number[] // checked above
}

function finite(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(field)
  return value
}

/** A count: 0, 1, 2, … */
function whole(value: unknown, field: string): number {
  const number = finite(value, field)
  if (!Number.isSafeInteger(number) || number < 0) throw bad(field)
  return number
}

function reference(value: unknown, field: string): void {
  const ref = object(value, field)
  if (!isHash(ref.hash)) throw bad(field)
  whole(ref.sizeBytes, field)
}

function bad(field: string): RecError {
  return new RecError('manifest-malformed', `the manifest is wrong: ${field}`)
}
