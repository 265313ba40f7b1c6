import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { replaceFile } from '../release/release-dir.ts'
import { type Belief, firstBelief } from './belief.ts'

/** `learning.json` beside a release: what the build knows of the parts that learn from reports. Holds nothing of any report. */
export type LearningState = {
  readonly v: 1
  readonly site: string
  /** Releases that reports have led to; questions are numbered anew for each. */
  readonly round: number
  /** Standard deviation of the score over a list's candidates. */
  readonly scoreDeviation: number
  /** See `curvatureOf`; of side F + d². */
  readonly curvature: Float64Array
  readonly belief: Belief
  /** Share of clicks that the release expects of each head item, and how far its logarithm was moved. */
  readonly popularity: { readonly prior: Float64Array; readonly moved: Float64Array }
}

/** Deviations that weights are believed to have before any report, in nats of a list's softmax: of a head's weight, and of the whole bilinear term. */
const HEAD_DEVIATION = 0.08
const TERM_DEVIATION = 0.3

/** What is believed of fresh parts. */
export function beliefOf(heads: number, dim: number, slope: number): Belief {
  const deviations = new Float64Array(heads + dim * dim).fill(HEAD_DEVIATION / slope)
  deviations.fill(TERM_DEVIATION / (dim * slope), heads)
  return firstBelief(deviations)
}

const path = (dir: string): string => join(dir, 'learning.json')

/** @throws RecError `input-missing` when the release was built without feedback, `input-malformed` when the file is damaged. */
export async function readLearningState(dir: string): Promise<LearningState> {
  const text = await readFile(path(dir), 'utf8').catch((cause: unknown) => {
    const message = `${path(dir)} was not found; build with [feedback] enabled = true first`
    throw new RecError('input-missing', message, {}, { cause })
  })
  try {
    const raw = JSON.parse(text) as Record<string, never> // each field is read on the next lines, and lengths are checked
    const curvature = numbers(raw.curvature)
    const side = Math.sqrt(curvature.length)
    const precision = numbers(raw.precision)
    const ahead = numbers(raw.ahead)
    const popularity = { prior: numbers(raw.prior), moved: numbers(raw.moved) }
    const { site, round, scoreDeviation } = raw as Record<string, unknown>
    const isWhole =
      raw.v === 1 &&
      typeof site === 'string' &&
      typeof round === 'number' &&
      typeof scoreDeviation === 'number' &&
      precision.length === curvature.length &&
      Number.isInteger(side) &&
      ahead.length === side &&
      popularity.prior.length === popularity.moved.length
    if (!isWhole) throw new RecError('input-malformed', 'fields are missing')
    return { v: 1, site, round, scoreDeviation, curvature, belief: { side, precision, ahead }, popularity }
  } catch (cause) {
    throw new RecError('input-malformed', `${path(dir)} is damaged; build again`, {}, { cause })
  }
}

export async function writeLearningState(dir: string, state: LearningState): Promise<void> {
  const { v, site, round, scoreDeviation } = state
  const arrays = {
    curvature: base64(state.curvature),
    precision: base64(state.belief.precision),
    ahead: base64(state.belief.ahead),
    prior: base64(state.popularity.prior),
    moved: base64(state.popularity.moved),
  }
  await replaceFile(path(dir), `${JSON.stringify({ v, site, round, scoreDeviation, ...arrays })}\n`)
}

function base64(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

function numbers(text: string): Float64Array {
  const values = new Float64Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
  if (values.some((value) => !Number.isFinite(value))) throw new RecError('input-malformed', 'not a number')
  return values
}
