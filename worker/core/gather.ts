import { type FeatureContext, type FeatureInputs, type HistoryItem, NO_RANK } from '#contract/features'
import type { IntegerQuery } from '#contract/vectors'
import type { Channel, Found } from './channels.ts'
import type { Model } from './model.ts'
import { integerDot } from './scan/scan-js.ts'
import type { UserVectors } from './user-vectors.ts'
import type { Votes } from './votes.ts'

/** What features are gathered from. */
export type GatherParts = {
  readonly rows: Int32Array
  readonly history: readonly HistoryItem[]
  readonly context: FeatureContext
  readonly users: UserVectors
  readonly votes: Votes
  readonly found: readonly Found[]
  /** In the second space; null without one. */
  readonly sequenceQuery: IntegerQuery | null
}

/** Collects the feature inputs of candidates from the catalogue's columns; new arrays, one entry per candidate. */
export function gatherInputs(model: Model, parts: GatherParts): FeatureInputs {
  const { rows, users, votes, found } = parts
  const { manifest, catalogue } = model
  const { quantised, dim } = catalogue
  const dots = (query: IntegerQuery) => scoreRows(quantised, rows, query)
  const dotRecent = dots(users.recentQuery)
  const ranks = (channel: Channel) => ranksIn(model, rows, found.find((list) => list.channel === channel)?.rows)
  return {
    count: rows.length,
    dim,
    ordered: manifest.ordered,
    timed: manifest.timed,
    history: parts.history,
    context: parts.context,
    ...pickColumns(model, rows),
    ...pickTags(model, rows),
    vectors: dequantiseRows(model, rows),
    userRecent: users.recent,
    dotRecent,
    dotUniform: users.uniformQuery === users.recentQuery ? dotRecent : dots(users.uniformQuery),
    ...votesOf(votes),
    sequence: sequenceDots(model, rows, parts.sequenceQuery),
    rankVector: ranks('vector'),
    rankVoters: ranks('voters'),
    rankPopular: ranks('popular'),
    rankTrending: ranks('trending'),
    rankFresh: ranks('fresh'),
    rankSequence: ranks('sequence'),
  }
}

function pickColumns({ catalogue: { columns } }: Model, rows: Int32Array) {
  const bytes = (from: Uint8Array) => pick(new Uint8Array(rows.length), from, rows)
  return {
    popularity: bytes(columns.popularity),
    trending: bytes(columns.trending),
    clickRate: bytes(columns.clickRate),
    conversionRate: bytes(columns.conversionRate),
    quality: bytes(columns.quality),
    flags: bytes(columns.flags),
    category: pick(new Uint16Array(rows.length), columns.category, rows),
    createdDay: pick(new Uint16Array(rows.length), columns.createdDay, rows),
    price: pick(new Float32Array(rows.length), columns.price, rows),
  }
}

function votesOf(votes: Votes) {
  return {
    voterRecent: votes.recent,
    voterUniform: votes.uniform,
    voterFast: votes.fast,
    voterMax: votes.max,
    voterCount: votes.count,
    voterLast: votes.last,
    voterContext: votes.context,
    voterTotal: votes.total,
    voterSecond: votes.second,
    voterLast3: votes.last3,
    voterSession: votes.session,
    voterLastPosition: votes.lastPosition,
    voterMaxPosition: votes.maxPosition,
  }
}

function pick<T extends Uint8Array | Uint16Array | Float32Array>(out: T, from: T, rows: Int32Array): T {
  for (let i = 0; i < rows.length; i++) out[i] = from[rows[i]]
  return out
}

function scoreRows(quantised: Int8Array, rows: Int32Array, { values, step }: IntegerQuery): Float32Array {
  const scores = new Float32Array(rows.length)
  if (step === 0) return scores
  for (let i = 0; i < rows.length; i++) scores[i] = integerDot(quantised, rows[i], values) * step
  return scores
}

function sequenceDots({ sequence }: Model, rows: Int32Array, query: IntegerQuery | null): Float32Array {
  if (sequence === null || query === null) return new Float32Array(rows.length)
  return scoreRows(sequence.quantised, rows, query)
}

function dequantiseRows({ catalogue }: Model, rows: Int32Array): Float32Array {
  const { quantised, scales, dim } = catalogue
  const vectors = new Float32Array(rows.length * dim)
  for (let i = 0; i < rows.length; i++)
    for (let d = 0, from = rows[i] * dim, to = i * dim; d < dim; d++) vectors[to + d] = quantised[from + d] * scales[d]
  return vectors
}

function pickTags({ catalogue }: Model, rows: Int32Array): { tagOffsets: Uint32Array; tags: Uint16Array } {
  const { columns } = catalogue
  const tagOffsets = new Uint32Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++)
    tagOffsets[i + 1] = tagOffsets[i] + columns.tagOffsets[rows[i] + 1] - columns.tagOffsets[rows[i]]
  const tags = new Uint16Array(tagOffsets[rows.length])
  for (let i = 0; i < rows.length; i++)
    for (let from = columns.tagOffsets[rows[i]], to = tagOffsets[i]; to < tagOffsets[i + 1]; from++, to++)
      tags[to] = columns.tags[from]
  return { tagOffsets, tags }
}

/** Place of each candidate in a channel's list, NO_RANK where it is not in its first NO_RANK. */
function ranksIn({ scratch }: Model, rows: Int32Array, list: Int32Array | undefined): Uint16Array {
  const ranks = new Uint16Array(rows.length).fill(NO_RANK)
  if (list === undefined) return ranks
  const { slotOf } = scratch
  for (let i = 0; i < rows.length; i++) slotOf[rows[i]] = i
  for (let place = 0; place < list.length && place < NO_RANK; place++) {
    const slot = slotOf[list[place]]
    if (slot >= 0) ranks[slot] = place
  }
  for (let i = 0; i < rows.length; i++) slotOf[rows[i]] = -1
  return ranks
}
