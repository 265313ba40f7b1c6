import { RecError } from '../errors.ts'
import { type Plan, POSITIONS, parsePlan } from './plan.ts'

/** Adds (P context)ᵀ W (P item) to a candidate's score, both vectors of the first space; learnt from private reports. */
export type BilinearTerm = {
  /** d, 8 or 16. */
  readonly dim: number
  /** P, d × dimensions of the space, row-major: public, it makes the covariance of the items' projections about the identity. */
  readonly projection: readonly number[]
  /** W, d × d, row-major by context; its Frobenius norm is about the deviation of the term over candidates. */
  readonly weights: readonly number[]
}

/** What devices need beside the plan to compute answers; public, the same for all. */
export type Calibration = {
  /** Factor that makes the softmax of a list's scores fit what people take. */
  readonly slope: number
  /** Step of each of the head's features, about its standard deviation over candidates; 0 leaves a feature out. */
  readonly featureScale: readonly number[]
}

/** One line of what a release says about the reports it was made with. */
export type NoiseLine = {
  readonly question: string
  readonly reports: number
  /** Of one report; a device sends as many as its preset allows in 28 days. */
  readonly epsilon: number
  /** Root mean square over the question's numbers. */
  readonly standardError: number
  /** Why the question changed nothing; null when it did. */
  readonly refusal: string | null
}

/** A release's part in the private loop. */
export type FeedbackPart = {
  readonly plan: Plan
  readonly calibration: Calibration
  /** How likely a position is looked at, relative to the first; one per position that `pos` tells apart. */
  readonly propensities: readonly number[]
  readonly noise: readonly NoiseLine[]
}

/**
 * Reads a manifest's `feedback`; null where it asks nothing.
 * @throws RecError `manifest-malformed`: a device then stays silent and uses the rest of the release.
 */
export function parseFeedbackPart(value: unknown): FeedbackPart | null {
  if (value === null || value === undefined) return null
  const { plan, calibration, propensities, noise } = value as Partial<FeedbackPart> // every field is checked here
  const slope = calibration?.slope
  const featureScale = calibration?.featureScale
  if (typeof slope !== 'number' || !(slope > 0 && slope < 1e6)) throw bad('slope')
  if (!isNumbers(featureScale) || featureScale.length > 64 || featureScale.some((step) => step < 0))
    throw bad('featureScale')
  if (!isNumbers(propensities) || propensities.length !== POSITIONS) throw bad('propensities')
  if (!Array.isArray(noise)) throw bad('noise')
  return { plan: parsePlan(plan), calibration: { slope, featureScale }, propensities, noise }
}

/** Checks a manifest's bilinear term against the dimension of its first space. @throws RecError `manifest-malformed` */
export function checkBilinear(value: unknown, spaceDim: number): void {
  if (value === null || value === undefined) return
  const { dim, projection, weights } = value as Partial<BilinearTerm> // every field is checked here
  if (dim !== 8 && dim !== 16) throw bad('bilinear')
  if (!isNumbers(projection) || projection.length !== dim * spaceDim) throw bad('projection')
  if (!isNumbers(weights) || weights.length !== dim * dim) throw bad('weights')
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number' && Number.isFinite(entry))
}

function bad(field: string): RecError {
  return new RecError('manifest-malformed', `the manifest's learning part is wrong: ${field}`)
}
