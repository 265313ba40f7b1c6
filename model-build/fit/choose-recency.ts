import { findCandidates } from '#worker/core/candidates'
import type { Model } from '#worker/core/model'
import type { Interactions } from '../dataset.ts'
import { createVisitReader } from '../device/visits.ts'
import { ndcgAt } from '../evaluate/metrics.ts'
import { splitHistory } from '../rank/split-history.ts'
import { randomOf } from '../train/random.ts'

/** The weight of an item over the next later one that halves in so many items, to three digits; 1 for 0. */
export function ratioOf(halfLife: number): number {
  return halfLife === 0 ? 1 : Math.round(1000 * 2 ** (-1 / halfLife)) / 1000
}

const JUDGED_AT = 20

export type RecencyOptions = {
  /** Users that the model has not seen. */
  readonly users: Int32Array
  readonly itemNos: Uint32Array
  readonly heldShare: number
  readonly maxUsers: number
  /** Half-lives to choose from, in items; 0 is uniform. */
  readonly halfLives: readonly number[]
  readonly seed: number
}

/** What validation found: the best ratio of the fold-in and of the votes, and NDCG@20 at each ratio tried. */
export type ChosenRecency = {
  readonly ratio: number
  readonly voterRatio: number
  readonly tried: readonly { readonly ratio: number; readonly dot: number; readonly votes: number }[]
}

/** Chooses how fast a history fades by NDCG@20 of each channel alone, on users kept apart; uniform where order means nothing. */
export function chooseRecency(model: Model, log: Interactions, options: RecencyOptions): ChosenRecency {
  if (log.order === 'none') return { ratio: 1, voterRatio: 1, tried: [] }
  const users = options.users.slice(0, options.maxUsers)
  const tried = options.halfLives
    .map(ratioOf)
    .map((ratio) => ({ ratio, ...judge(withRatio(model, ratio), log, users, options) }))
  const best = (value: (entry: (typeof tried)[number]) => number) =>
    tried.reduce((a, b) => (value(b) > value(a) ? b : a)).ratio
  return { ratio: best(({ dot }) => dot), voterRatio: best(({ votes }) => votes), tried }
}

/** The same model with other history weights. */
function withRatio(model: Model, ratio: number): Model {
  const [first, ...others] = model.manifest.spaces
  const space = { ...first, encoder: { ...first.encoder, ratio } }
  return { ...model, manifest: { ...model.manifest, spaces: [space, ...others], voterRatio: ratio } }
}

function judge(
  model: Model,
  log: Interactions,
  users: Int32Array,
  options: RecencyOptions,
): { dot: number; votes: number } {
  const read = createVisitReader(model, log, options.itemNos)
  let dot = 0
  let votes = 0
  for (const user of users) {
    const split = splitHistory(log, user, {
      heldShare: options.heldShare,
      random: randomOf(options.seed, user),
    })
    if (split === null) continue
    const { rows, inputs } = findCandidates(model, read({ known: split.known, at: Number.NaN }))
    const truth = new Set(Array.from(split.held, (row) => options.itemNos[log.item[row]]))
    const itemNos = Array.from(rows, (row) => model.catalogue.itemNoOf[row])
    dot += ndcgAt(orderBy(itemNos, inputs.dotRecent), truth, JUDGED_AT) / users.length
    votes += ndcgAt(orderBy(itemNos, inputs.voterRecent), truth, JUDGED_AT) / users.length
  }
  return { dot, votes }
}

function orderBy(itemNos: readonly number[], scores: Float32Array): number[] {
  return Array.from(itemNos.keys())
    .sort((a, b) => scores[b] - scores[a] || itemNos[a] - itemNos[b])
    .slice(0, JUDGED_AT)
    .map((i) => itemNos[i])
}
