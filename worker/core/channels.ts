import type { Scene } from '#contract/events'
import type { HistoryItem } from '#contract/features'
import type { RetrievalPlan } from '#contract/manifest'
import { type IntegerQuery, integerQuery } from '#contract/vectors'
import { contextOf, termVector } from './bilinear.ts'
import type { Model } from './model.ts'
import { mergeTopK } from './retriever.ts'
import { mostVoted } from './votes.ts'

/** Ways in which a candidate is found; bit 1 << index in a candidate's channels. Order as in `RecommendedItem`. */
export const CHANNELS = ['vector', 'voters', 'popular', 'trending', 'fresh', 'content', 'given', 'sequence'] as const

export type Channel = (typeof CHANNELS)[number]

/** Rows that one channel found, best first, without repeats. */
export type Found = { readonly channel: Channel; readonly rows: Int32Array }

/** What channels look with. */
export type Search = {
  readonly scene: Scene
  /** Canonical. */
  readonly history: readonly HistoryItem[]
  readonly contextItems: readonly HistoryItem[]
  readonly userQuery: IntegerQuery
  /** In the second space; null without one. */
  readonly sequenceQuery: IntegerQuery | null
  readonly blocked: Uint8Array
  readonly plan: RetrievalPlan
  readonly given: Int32Array | null
}

/** Candidates that the bilinear term may add. */
const LEARNT_ROWS = 100

/** Scenes whose list is about items, not about the visitor. */
export function isAboutItems(scene: Scene): boolean {
  return scene === 'similar' || scene === 'because-you' || scene === 'bought-together'
}

/** Scenes that show a list as it stands: no ranker reorders them. */
export function isFixedList(scene: Scene): boolean {
  return scene === 'trending' || scene === 'fresh' || scene === 'recently-viewed'
}

/** Bit of a channel. */
export function channelBit(channel: Channel): number {
  return 1 << CHANNELS.indexOf(channel)
}

/** Asks every channel the scene calls for. */
export function runChannels(model: Model, search: Search): readonly Found[] {
  const { scene, plan, history } = search
  if (scene === 'rerank') return [{ channel: 'given', rows: open(search.given ?? new Int32Array(0), search) }]
  if (scene === 'recently-viewed') return [{ channel: 'given', rows: open(residentRows(model, history), search) }]
  if (scene === 'trending' || scene === 'fresh')
    return [{ channel: scene, rows: open(model.publicRows[scene], search) }]
  if (isAboutItems(scene)) return contextChannels(model, search)
  const found: Found[] = [
    { channel: 'popular', rows: open(model.publicRows.popular, search, plan.popular) },
    { channel: 'trending', rows: open(model.publicRows.trending, search, plan.trending) },
    { channel: 'fresh', rows: open(model.publicRows.fresh, search, plan.fresh) },
  ]
  if (history.length === 0) return found
  const ratio = model.manifest.ordered ? model.manifest.voterRatio : 1
  const { blocked } = search
  const learnt = learntRows(model, search)
  if (learnt.length > 0) found.push({ channel: 'content', rows: learnt })
  return [
    { channel: 'vector', rows: nearest(model, search.userQuery, search, plan.vector) },
    { channel: 'voters', rows: mostVoted(model, history, { ratio, k: plan.voters, blocked }) },
    ...sequenceChannel(model, search),
    ...found,
  ]
}

function sequenceChannel(model: Model, { sequenceQuery, plan, blocked }: Search): readonly Found[] {
  const { sequence } = model
  if (sequence === null || sequenceQuery === null || sequenceQuery.step === 0) return []
  const { rows } = sequence.retriever.search(sequenceQuery, plan.sequence ?? 0, blocked)
  return [{ channel: 'sequence', rows }]
}

/** What the bilinear term scores highest for this visitor: it may know items that neither vectors nor votes lead to. */
function learntRows(model: Model, search: Search): Int32Array {
  const { bilinear } = model.manifest
  if (bilinear === null || bilinear.weights.every((weight) => weight === 0)) return new Int32Array(0)
  const context = contextOf(
    bilinear,
    search.history.map(({ vector }) => vector),
  )
  const direction = Float32Array.from(termVector(bilinear, context, model.catalogue.dim))
  return nearest(model, integerQuery(direction, model.catalogue.scales), search, LEARNT_ROWS)
}

function contextChannels(model: Model, search: Search): readonly Found[] {
  const { plan, contextItems, blocked } = search
  const first = contextItems[0]
  if (first === undefined) return []
  const centre = new Float32Array(model.catalogue.dim)
  for (const { vector } of contextItems) for (let d = 0; d < centre.length; d++) centre[d] += vector[d]
  return [
    { channel: 'voters', rows: mostVoted(model, contextItems, { ratio: 1, k: plan.voters, blocked }) },
    { channel: 'content', rows: nearest(model, integerQuery(centre, model.catalogue.scales), search, plan.vector) },
  ]
}

function nearest(model: Model, query: IntegerQuery, { blocked }: Search, k: number): Int32Array {
  if (query.step === 0 || k === 0) return new Int32Array(0)
  const answers = model.retrievers.map((retriever) => retriever.search(query, k, blocked))
  return mergeTopK(answers, k, model.catalogue.itemNoOf).rows
}

function residentRows(model: Model, history: readonly HistoryItem[]): Int32Array {
  return Int32Array.from(history.map((item) => model.catalogue.rowOf(item.itemNo)).filter((row) => row >= 0))
}

/** The first rows of a list that are not blocked. */
export function open(rows: Int32Array, { blocked }: Pick<Search, 'blocked'>, limit = rows.length): Int32Array {
  const kept = new Int32Array(Math.min(limit, rows.length))
  let count = 0
  for (let i = 0; i < rows.length && count < kept.length; i++) if (blocked[rows[i]] === 0) kept[count++] = rows[i]
  return kept.subarray(0, count)
}
