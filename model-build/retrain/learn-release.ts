import { createHash } from 'node:crypto'
import { RecError } from '#contract/errors'
import { type FeedbackPart, parseFeedbackPart } from '#contract/feedback/learning'
import { encodePlan } from '#contract/feedback/plan'
import type { Manifest, PublicList } from '#contract/manifest'
import type { Config } from '../config/schema.ts'
import { type Applied, applyAggregates, isChanged } from '../feedback/apply-aggregates.ts'
import type { LearningState } from '../feedback/learning-state.ts'
import { makePlan } from '../feedback/make-plan.ts'
import type { AggregateSum } from '../feedback/read-aggregates.ts'
import { sha256Hex } from '../release/object-set.ts'

export type LearnParts = {
  readonly manifest: Manifest
  readonly state: LearningState
  readonly sums: readonly AggregateSum[]
  readonly feedback: Config['feedback']
  readonly nowMs: number
  /** See `LearningParts`. */
  readonly isDefended?: boolean
}

/** What became of a release's reports. */
export type Learnt = {
  /** null when no question passed its gate. */
  readonly release: { readonly manifest: Manifest; readonly state: LearningState } | null
  readonly applied: Applied
}

/**
 * Makes the next release from the sums of the last one's plan; only the manifest changes.
 * @throws RecError `input-malformed` when the release asks nothing.
 */
export function learnRelease({ manifest, state, sums, feedback, nowMs, isDefended }: LearnParts): Learnt {
  const part = partOf(manifest)
  const { linearHead, bilinear } = manifest
  if (linearHead === null || bilinear === null)
    throw new RecError('input-malformed', 'the release has no part that learns; build again')
  const applied = applyAggregates({ part, planHash: planHashOf(part), linearHead, bilinear, state, isDefended }, sums)
  if (!isChanged(applied)) return { release: null, applied }
  const { weights, moved } = applied
  const round = state.round + 1
  const { lists, popularity } = reorder(manifest, state, moved)
  const next: Manifest = {
    ...manifest,
    linearHead: weights?.linearHead ?? linearHead,
    bilinear: weights?.bilinear ?? bilinear,
    lists,
    feedback: nextPart(part, applied, { manifest, round, feedback, nowMs }),
    release: '',
  }
  const named = { ...next, release: `${new Date(nowMs).toISOString().slice(0, 10)}-${nameOf(next)}` }
  return {
    release: { manifest: named, state: { ...state, round, belief: weights?.belief ?? state.belief, popularity } },
    applied,
  }
}

/** A manifest's part in the loop. @throws RecError `input-malformed` */
export function partOf({ feedback }: Manifest): FeedbackPart {
  const part = parseFeedbackPart(feedback)
  if (part === null)
    throw new RecError('input-malformed', 'the release asks nothing; build with [feedback] enabled = true')
  return part
}

/** SHA-256 of a plan, as reports name it. */
export function planHashOf({ plan }: Pick<FeedbackPart, 'plan'>): string {
  return createHash('sha256').update(encodePlan(plan)).digest('hex')
}

type NextParts = Pick<LearnParts, 'manifest' | 'feedback' | 'nowMs'> & { readonly round: number }

function nextPart(part: FeedbackPart, applied: Applied, { manifest, round, feedback, nowMs }: NextParts): FeedbackPart {
  const clip = (id: string) => part.plan.questions.find((question) => question.id === id)?.clip ?? 1
  const plan = makePlan({
    ...feedback,
    preset: part.plan.preset,
    round,
    heads: manifest.linearHead?.features.length ?? 0,
    bilinearDim: manifest.bilinear?.dim ?? 0,
    clips: { rank: clip('rank'), pair: clip('pair') },
    nowMs,
  })
  return { ...part, plan, propensities: applied.propensities ?? part.propensities, noise: applied.noise }
}

/** Places of the popular list by what the release expected of each item, times what reports made of it; items beyond `head` keep theirs. */
function newOrder(list: PublicList, { popularity }: LearningState, moved: Float64Array): readonly number[] {
  const known = Math.min(list.items.length, popularity.prior.length)
  const share = (place: number) => popularity.prior[place] * Math.exp(moved[place])
  const order = Array.from({ length: known }, (_, place) => place).sort((a, b) => share(b) - share(a) || a - b)
  return [...order, ...Array.from({ length: list.items.length - known }, (_, k) => known + k)]
}

/** The popular list in its new order, with what is known of its places. */
function reorder(manifest: Manifest, state: LearningState, moved: Float64Array | null) {
  const list = manifest.lists.find(({ scene }) => scene === 'popular')
  if (moved === null || list === undefined) return { lists: manifest.lists, popularity: state.popularity }
  const order = newOrder(list, state, moved)
  const placed = (values: Float64Array) => values.map((value, place) => values[order[place] ?? place] ?? value)
  const items = order.map((place) => list.items[place])
  return {
    lists: manifest.lists.map((other) => (other === list ? { ...list, items } : other)),
    popularity: { prior: placed(state.popularity.prior), moved: placed(moved) },
  }
}

function nameOf(manifest: Manifest): string {
  return sha256Hex(new TextEncoder().encode(JSON.stringify(manifest))).slice(0, 8)
}
