import { EPOCH_MS, epochOf, HEAD, type Plan, POSITIONS, type Question } from '#contract/feedback/plan'
import type { PresetName } from '#contract/feedback/presets'

/** Shares of the questions among reports; they sum to 1. */
export type QuestionShares = Readonly<Record<'rank' | 'pair' | 'head' | 'pos' | 'canary', number>>

export type PlanParts = {
  readonly preset: PresetName
  readonly shares: QuestionShares
  /** Releases that reports have led to so far: no sum mixes answers about two of them. */
  readonly round: number
  readonly heads: number
  readonly bilinearDim: number
  readonly clips: { readonly rank: number; readonly pair: number }
  readonly nowMs: number
}

/** Epochs that a plan serves unless another release comes: half a year. */
const PLAN_EPOCHS = 26

const QUESTIONS = 6

/** The plan of a release. */
export function makePlan({ preset, shares, round, heads, bilinearDim, clips, nowMs }: PlanParts): Plan {
  const first = (round * QUESTIONS) % (256 - (256 % QUESTIONS))
  const questions: Question[] = [
    { id: 'rank', qid: first, type: 'vec', size: heads, weight: shares.rank, clip: clips.rank },
    { id: 'pair', qid: first + 1, type: 'vec', size: bilinearDim ** 2, weight: shares.pair, clip: clips.pair },
    { id: 'head', qid: first + 2, type: 'hist', size: HEAD.cells, weight: shares.head },
    { id: 'pos', qid: first + 3, type: 'hist', size: 2 * POSITIONS + 1, weight: shares.pos },
    { id: 'canary-main', qid: first + 4, type: 'bin', size: 2, weight: shares.canary / 2 },
    { id: 'canary-canary', qid: first + 5, type: 'bin', size: 2, weight: shares.canary / 2 },
  ]
  const epochFrom = epochOf(nowMs)
  return { v: 1, epochFrom, epochTo: epochOf(nowMs + PLAN_EPOCHS * EPOCH_MS), preset, questions }
}
