import { POSITIONS, type Question } from '#contract/feedback/plan'
import type { Answer } from './randomise.ts'

/** What one shown list says, as far as any question asks; the events of the feedback's own store. */
export type Material = {
  /** When it was shown, ms. */
  readonly at: number
  /** One of its places, drawn at random when it was shown. */
  readonly sample: {
    readonly position: number
    /** Features of the linear head on their public scale. */
    readonly features: Float64Array
    /** Calibrated chance of a click. */
    readonly chance: number
    readonly isClicked: boolean
  }
  /** Public projections of the context and of the mean item shown; empty without a bilinear term. */
  readonly context: Float64Array
  readonly meanShown: Float64Array
  /** The first click, if any: its cell of `head` before permutation, and its projection. */
  readonly click: { readonly cell: number; readonly projected: Float64Array } | null
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
      return rankAnswer(question, material)
    case 'pair':
      return pairAnswer(question, material)
    case 'head':
      return order[material?.click?.cell ?? question.size - 1]
    case 'pos':
      return material === null ? question.size - 1 : positionCell(material.sample)
    default:
      return wasClicked ? 1 : 0
  }
}

/** clip(x (yhat - y), G) / G: the gradient of one impression's loss in the head's weights, of norm 1 at most. */
function rankAnswer({ size, clip = 1 }: Question, material: Material | null): Float64Array {
  const answer = new Float64Array(size)
  if (material === null || material.sample.features.length !== size) return answer
  const { features, chance, isClicked } = material.sample
  for (let d = 0; d < size; d++) answer[d] = (features[d] * (chance - (isClicked ? 1 : 0))) / clip
  return withinNorm(answer)
}

/** outer(P context, P (clicked - mean shown)), of norm 1 at most; row-major by context. */
function pairAnswer({ size, clip = 1 }: Question, material: Material | null): Float64Array {
  const answer = new Float64Array(size)
  const dim = Math.sqrt(size)
  if (material === null || material.click === null || material.context.length !== dim) return answer
  const { context, meanShown, click } = material
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++) answer[i * dim + j] = (context[i] * (click.projected[j] - meanShown[j])) / clip
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
