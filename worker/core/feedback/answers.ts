import { POSITIONS, type Question } from '#contract/feedback/plan'
import type { Answer } from './randomise.ts'

/** What one shown list says, as far as any question asks; the events of the feedback's own store. */
export type Material = {
  /** When it was shown, ms. */
  readonly at: number
  /** Hash of the plan that was in force then: what a list says is about one release, and answers about no other. Set when it is noted. */
  readonly plan?: string
  /** Things the visitor took while the list was open, shown in it or found otherwise among what it was chosen from. */
  readonly takes: number
  /** Sum over the takes of (features expected - features taken), on their public scale; empty without a linear head. */
  readonly rank: Float32Array
  /** Sum over the takes of outer(context, projection taken - projection expected), row-major by context; empty without a bilinear term. */
  readonly pair: Float32Array
  /** Cell of `head` of the first take, before permutation; null for none. */
  readonly cell: number | null
  /** One of its places, drawn at random when it was shown. */
  readonly sample: { readonly position: number; readonly isClicked: boolean }
}

/** What a device looks at to answer, besides the material it drew. */
export type AnswerContext = {
  /** Order of the cells of `head` this epoch. */
  readonly order: Uint16Array
  /** Whether a recommendation was clicked in the last session that showed any. */
  readonly wasClicked: boolean
}

/** Answers a question from one shown list, or from none; «no event» is an answer like any other. */
export function answerOf(question: Question, material: Material | null, { order, wasClicked }: AnswerContext): Answer {
  switch (question.id) {
    case 'rank':
    case 'pair':
      return meanAnswer(question, material)
    case 'head':
      return order[material?.cell ?? question.size - 1]
    case 'pos':
      return material === null ? question.size - 1 : positionCell(material.sample)
    default:
      return wasClicked ? 1 : 0
  }
}

/**
 * The mean of what the takes of one list say, divided by the clip and cut to norm 1: for `rank` the gradient of the list's softmax loss in the
 * head's weights, for `pair` minus that in the weights of the bilinear term. Zeros, which are reported like any other, when nothing was taken.
 */
function meanAnswer({ id, size, clip = 1 }: Question, material: Material | null): Float64Array {
  const answer = new Float64Array(size)
  const sum = id === 'rank' ? material?.rank : material?.pair
  if (material === null || sum === undefined || sum.length !== size || material.takes === 0) return answer
  for (let d = 0; d < size; d++) answer[d] = sum[d] / (material.takes * clip)
  return withinNorm(answer)
}

function positionCell({ position, isClicked }: Material['sample']): number {
  return 2 * Math.min(position, POSITIONS - 1) + (isClicked ? 1 : 0)
}

/** Cuts a vector to norm 1 in place. */
function withinNorm(vector: Float64Array): Float64Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  if (norm > 1) for (let d = 0; d < vector.length; d++) vector[d] /= norm
  return vector
}
