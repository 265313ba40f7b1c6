import { FEATURE_COUNT } from '#contract/features'
import { headCell } from '#contract/feedback/head-cells'
import type { BilinearTerm, Calibration } from '#contract/feedback/learning'
import { contextOf, project } from '../bilinear.ts'
import type { CandidateSet } from '../candidates.ts'
import type { Model } from '../model.ts'
import type { Trace } from '../recommend.ts'
import type { Material } from './answers.ts'

/** What a visitor's next choice would teach about one list; kept in memory while the list is open, and nowhere else. */
export type Lesson = {
  /** What taking an item says, null when the list was not chosen from it. */
  take(itemNo: number): (Pick<Material, 'rank' | 'pair'> & { readonly cell: number }) | null
  /** Material of the list before anything was taken. */
  readonly empty: Omit<Material, 'at' | 'sample'>
}

/**
 * Opens a list for learning. The candidates' scores, times the public slope, are read as a softmax: what is then expected to be taken is compared
 * with what is. Both answers follow from public state and the visitor's own choice.
 */
export function openLesson(model: Model, { set, features, scores }: Trace, calibration: Calibration): Lesson {
  const { linearHead, bilinear } = model.manifest
  const chances = softmax(scores, calibration.slope)
  const popular = model.manifest.lists.find(({ scene }) => scene === 'popular')?.items ?? []
  const columns = linearHead?.features ?? []
  const scale = columns.map((_, k) => (calibration.featureScale[k] > 0 ? 1 / calibration.featureScale[k] : 0))
  const expected = Float64Array.from(columns, (column, k) => scale[k] * mean(chances, features, column))
  const context =
    bilinear === null
      ? null
      : contextOf(
          bilinear,
          set.inputs.history.map(({ vector }) => vector),
        )
  const centre = bilinear === null ? null : project(bilinear, meanVector(chances, set.inputs))
  const size = bilinear === null ? 0 : bilinear.dim * bilinear.dim
  return {
    empty: { takes: 0, rank: new Float32Array(columns.length), pair: new Float32Array(size), cell: null },
    take: (itemNo) => {
      const i = set.rows.indexOf(model.catalogue.rowOf(itemNo))
      if (i < 0) return null
      const at = i * FEATURE_COUNT
      const rank = Float32Array.from(columns, (column, k) => expected[k] - scale[k] * features[at + column])
      const pair = new Float32Array(size)
      if (bilinear !== null && context !== null && centre !== null)
        fillOuter(pair, context, difference(bilinear, vectorAt(set, i), centre))
      return { rank, pair, cell: headCell(itemNo, popular.indexOf(itemNo)) }
    },
  }
}

/** Softmax of slope × scores; new array. */
export function softmax(scores: Float32Array, slope: number): Float64Array {
  let top = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > top) top = score
  const chances = new Float64Array(scores.length)
  let total = 0
  for (let i = 0; i < scores.length; i++) {
    chances[i] = Math.exp(slope * (scores[i] - top))
    total += chances[i]
  }
  for (let i = 0; i < chances.length; i++) chances[i] /= total
  return chances
}

function mean(chances: Float64Array, features: Float32Array, column: number): number {
  let sum = 0
  for (let i = 0, at = column; i < chances.length; i++, at += FEATURE_COUNT) sum += chances[i] * features[at]
  return sum
}

function meanVector(chances: Float64Array, { vectors, dim }: CandidateSet['inputs']): Float64Array {
  const sum = new Float64Array(dim)
  for (let i = 0, at = 0; i < chances.length; i++) for (let d = 0; d < dim; d++) sum[d] += chances[i] * vectors[at++]
  return sum
}

function vectorAt({ inputs }: Trace['set'], i: number): Float32Array {
  return inputs.vectors.subarray(i * inputs.dim, (i + 1) * inputs.dim)
}

function difference(term: BilinearTerm, vector: Float32Array, centre: Float64Array): Float64Array {
  const taken = project(term, vector)
  for (let k = 0; k < taken.length; k++) taken[k] -= centre[k]
  return taken
}

function fillOuter(pair: Float32Array, context: Float64Array, taken: Float64Array): void {
  const dim = context.length
  for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) pair[i * dim + j] = context[i] * taken[j]
}
