import type { Scene } from '#contract/events'
import type { FeatureContext, FeatureInputs, HistoryItem } from '#contract/features'
import { LIMITS } from '#contract/limits'
import type { RetrievalPlan } from '#contract/manifest'
import { type IntegerQuery, integerQuery } from '#contract/vectors'
import { channelBit, type Found, isAboutItems, isFixedList, open, runChannels } from './channels.ts'
import { gatherInputs } from './gather.ts'
import { canonicalHistory } from './history.ts'
import type { Model } from './model.ts'
import { userVectors } from './user-vectors.ts'
import { countVotes } from './votes.ts'

/** Candidates wanted even where channels find few: what rules need to fill a list. */
const LEAST_CANDIDATES = 100

/** Candidates per list place that rules may want to choose from. */
const CANDIDATES_PER_PLACE = 3

/** One question to the model. */
export type Query = {
  /** Latest first; made canonical here. */
  readonly history: readonly HistoryItem[]
  readonly context: FeatureContext
  /** Items the scene is about (similar, bought together); because-you falls back to the latest of the history. */
  readonly contextItems: readonly HistoryItem[]
  /** One byte per row, 1 = never show; see `createBlocked`. */
  readonly blocked: Uint8Array
  readonly plan?: Partial<RetrievalPlan>
  readonly scene: Scene
  /** The history in the second space (`encodeHistory`); null or absent without one. */
  readonly sequence?: Float32Array | null
  /** Rows to rank again (scene rerank), no repeats. */
  readonly given?: Int32Array
  /** Length of the list that is wanted; 50 by default. Small catalogues are topped up by popularity so that it can be full. */
  readonly count?: number
}

/** Candidates and what is known of each; arrays have one entry per candidate. */
export type CandidateSet = {
  readonly rows: Int32Array
  /** `channelBit`s of the channels that found it. */
  readonly channels: Uint8Array
  readonly inputs: FeatureInputs
  /** Place in `inputs.history` of the item that votes most for the candidate, -1 none. */
  readonly bestVoter: Int16Array
  readonly contextItems: readonly HistoryItem[]
  /** Whether the visitor's history had a part. */
  readonly personal: boolean
}

/** Told when a stage ends. */
export type StageMark = (stage: 'fold-in' | 'retrieval') => void

/**
 * Finds what may be shown and gathers everything its features need. Deterministic: equal model, query and engine kind give
 * equal candidates in equal order; exact engines agree with each other bit for bit.
 * @returns At most `LIMITS.candidates`, except for scene rerank, where all given rows that are not blocked come back in their order.
 */
export function findCandidates(model: Model, query: Query, mark: StageMark = () => undefined): CandidateSet {
  const { scene, blocked } = query
  const history = canonicalHistory(query.history, model.manifest.ordered)
  const latest = query.history[0]
  const fallback = scene === 'because-you' && latest !== undefined ? [latest] : []
  const contextItems = query.contextItems.length > 0 ? query.contextItems : fallback
  const users = userVectors(model, history)
  mark('fold-in')
  const plan = { ...model.manifest.retrieval, ...query.plan }
  const userQuery = users.recentQuery
  const given = query.given ?? null
  const sequenceQuery = querySequence(model, query.sequence ?? null)
  const search = { scene, history, contextItems, userQuery, sequenceQuery, blocked, plan, given }
  const found = runChannels(model, search)
  const lists = isFixedList(scene) || scene === 'rerank' ? found : topUp(model, found, query)
  const limit = scene === 'rerank' ? Number.POSITIVE_INFINITY : LIMITS.candidates
  const { rows, channels } = mergeChannels(lists, limit, model.scratch.slotOf)
  const votes = countVotes(model, rows, { history, contextItems, now: query.context.now })
  const context = { ...query.context, item: query.context.item ?? contextItems[0] ?? null }
  const inputs = gatherInputs(model, { rows, history, context, users, votes, found: lists, sequenceQuery })
  mark('retrieval')
  const personal = history.length > 0 && (!isAboutItems(scene) || scene === 'because-you') && !isPublic(scene)
  return { rows, channels, inputs, bestVoter: votes.best, contextItems, personal }
}

/** A query in the second space on its grid. */
export function querySequence({ sequence }: Model, encoded: Float32Array | null): IntegerQuery | null {
  return sequence === null || encoded === null ? null : integerQuery(encoded, sequence.scales)
}

function isPublic(scene: Scene): boolean {
  return scene === 'trending' || scene === 'fresh'
}

/** Lengthens the popular channel until the list can be filled. */
function topUp(model: Model, found: readonly Found[], { blocked, count = 50 }: Query): readonly Found[] {
  const wanted = Math.min(LIMITS.candidates, Math.max(LEAST_CANDIDATES, count * CANDIDATES_PER_PLACE))
  if (found.some(({ rows }) => rows.length >= wanted)) return found
  const distinct = new Set<number>()
  for (const { rows } of found) for (const row of rows) distinct.add(row)
  if (distinct.size >= wanted) return found
  const popular = open(model.publicRows.popular, { blocked })
  let length = found.find(({ channel }) => channel === 'popular')?.rows.length ?? 0
  while (length < popular.length && distinct.size < wanted) distinct.add(popular[length++])
  const others = found.filter(({ channel }) => channel !== 'popular')
  return [...others, { channel: 'popular', rows: popular.subarray(0, length) }]
}

/**
 * Takes the best of each channel in turn until the limit; repeats only add their channel's bit.
 * @param slotOf - One entry per row, -1 everywhere; borrowed and handed back clean.
 */
export function mergeChannels(
  found: readonly Found[],
  limit: number,
  slotOf: Int32Array,
): { rows: Int32Array; channels: Uint8Array } {
  const total = found.reduce((sum, { rows }) => sum + rows.length, 0)
  const longest = Math.max(0, ...found.map(({ rows }) => rows.length))
  const merged = new Int32Array(Math.min(limit, total))
  let count = 0
  for (let place = 0; place < longest && count < merged.length; place++) {
    for (const { rows } of found) {
      if (place >= rows.length || count === merged.length || slotOf[rows[place]] >= 0) continue
      slotOf[rows[place]] = count
      merged[count++] = rows[place]
    }
  }
  const rows = merged.slice(0, count)
  const channels = new Uint8Array(count)
  for (const list of found) {
    const bit = channelBit(list.channel)
    for (const row of list.rows) if (slotOf[row] >= 0) channels[slotOf[row]] |= bit
  }
  for (const row of rows) slotOf[row] = -1
  return { rows, channels }
}
