import { fillFeatures } from '#contract/fill-features'
import { findCandidates, type Query } from '#worker/core/candidates'
import { encodeHistory, type SequenceEncoder } from '#worker/core/encoder/sequence-encoder'
import type { Model } from '#worker/core/model'
import type { Interactions } from '../dataset.ts'
import { createVisitReader } from '../device/visits.ts'
import { randomOf } from '../train/random.ts'
import { hasGain } from '../train/ranking-metric.ts'
import { type Moment, shortenHistory, splitHistory } from './split-history.ts'
import type { TrainingGroup } from './training-group.ts'

export type CollectOptions = {
  /** Users of the log to make groups of; the model must not have seen them. */
  readonly users: Int32Array
  readonly itemNos: Uint32Array
  /** Share of each user's rows to find. */
  readonly heldShare: number
  /** Lists per user, from `moment` on: other random draws, or earlier moments of an ordered history. More than 1 for logs of few users. */
  readonly repeats: number
  readonly moment: Moment
  /** Whether histories are read into the second space; without, lists are as if the release had none. */
  readonly second: boolean
  /** Reads the order of histories for it, where it needs one. */
  readonly encoder: SequenceEncoder | null
  /** What each row of the log is worth as something to find; 1 each without. */
  readonly gains: Float32Array | null
  readonly onProgress?: (done: number, total: number) => void
}

/** Lengths that a shortened history may have, so that the ranker also learns visitors of few clicks; longer ones it learns from whole lists. */
const SHORT_LENGTHS = [1, 2]

/** Users with a shortened list beside the whole one; with more, whole histories lose (docs/decisions/0014). */
const SHORT_SHARE = 1 / 2

/**
 * Makes training lists as a device would: candidates and features from the part of a history that was known, labels from
 * the rest. Every user gives one list of the whole known part, and some another of a shortened one.
 */
export async function collectGroups(
  model: Model,
  log: Interactions,
  options: CollectOptions,
): Promise<TrainingGroup[]> {
  const read = createVisitReader(model, log, options.itemNos)
  const groups: TrainingGroup[] = []
  const reads = (query: Query) => (options.second ? encodeHistory(model, options.encoder, query) : null)
  for (const [done, user] of options.users.entries()) {
    const { moment, repeats } = options
    const random = randomOf(moment.seed, user)
    for (let { earlier } = moment; earlier < moment.earlier + repeats; earlier++) {
      const split = splitHistory(log, user, { heldShare: options.heldShare, random, earlier })
      if (split === null) continue
      const at = log.at[split.held[0]]
      const label = { gainOf: gainsOf(split.held, log, options), user, reads }
      groups.push(await groupOf(model, read({ known: split.known, at }), label))
      if (random() >= SHORT_SHARE) continue
      const length = SHORT_LENGTHS[Math.floor(random() * SHORT_LENGTHS.length)]
      const known = shortenHistory(log, split.known, length, random)
      groups.push(await groupOf(model, read({ known, at }), label))
    }
    options.onProgress?.(done + 1, options.users.length)
  }
  return groups
}

/** Gain of each held-out item that counts, by itemNo. */
function gainsOf(
  rows: Int32Array,
  log: Interactions,
  { gains, itemNos }: Pick<CollectOptions, 'gains' | 'itemNos'>,
): Map<number, number> {
  const all = Array.from(rows, (row) => [itemNos[log.item[row]], gains === null ? 1 : gains[row]] as const)
  return new Map(all.filter(([, gain]) => gain > 0))
}

type Labelling = {
  readonly gainOf: ReadonlyMap<number, number>
  readonly user: number
  /** The history in the second space. */
  readonly reads: (query: Query) => Promise<Float32Array | null> | null
}

/** A list that found nothing teaches nothing and counts as a miss, whatever scores it; logs of few rows per user have many, and features take the memory. */
const emptyList = () => ({ count: 0, features: new Float32Array(0), gains: new Float32Array(0) })

/** All that retrieval finds: trees lift what a sample of it has left out, and a list judged without its rivals is judged too well. */
async function groupOf(model: Model, query: Query, { gainOf, user, reads }: Labelling): Promise<TrainingGroup> {
  const { rows, inputs } = findCandidates(model, { ...query, sequence: await reads(query) })
  const gains = Float32Array.from(rows, (row) => gainOf.get(model.catalogue.itemNoOf[row]) ?? 0)
  const wanted = Float32Array.from(gainOf.values()).sort().reverse()
  const list = hasGain({ gains }) ? { count: rows.length, features: fillFeatures(inputs), gains } : emptyList()
  return { ...list, wanted, user }
}
