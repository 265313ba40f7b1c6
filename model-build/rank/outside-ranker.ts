import { readFile } from 'node:fs/promises'
import { RecError } from '#contract/errors'
import { FEATURE_COUNT, FEATURE_LAYOUT } from '#contract/features'
import { openOnnxRanker } from '../device/open-ranker.ts'
import { createNormal, createRandom } from '../train/random.ts'
import type { FittedRanker } from './fit-ranker.ts'
import { meanNdcg, type TrainingGroup } from './training-group.ts'

/** A ranker that was trained elsewhere, with NDCG@20 of it and of the build's own on the same lists of users kept apart. */
export type OutsideRanker = {
  readonly onnx: Uint8Array
  readonly validation: { readonly outside: number; readonly own: number; readonly groups: number }
}

/** A device downloads it before it ranks, beside the runtime. */
const MOST_BYTES = 4_000_000

/** Rows that a ranker is tried on. */
const TRIED_ROWS = 64

/** Difference of two scores of one row that rounding in another batch may make. */
const TOLERANCE = 1e-4

const JUDGED_AT = 20

/**
 * Reads a ranker: an ONNX model with one float input [N, FEATURE_COUNT] in the order of FEATURE_NAMES and one score a row. It is run here by
 * the runtime's build that browsers use, so that an operator which that build lacks is found now.
 * @throws RecError `input-missing`; `model-malformed` for a model that is too large, that the runtime refuses, of another shape, or whose score of
 *   a row is not finite or changes with its neighbours or from run to run.
 */
export async function readOutsideRanker(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new RecError('input-missing', `cannot read the ranker ${path}`, {}, { cause })
  })
  if (bytes.length > MOST_BYTES)
    throw new RecError('model-malformed', `${path}: a ranker has at most ${MOST_BYTES} bytes`, {
      sizeBytes: bytes.length,
    })
  const onnx = new Uint8Array(bytes)
  await tryOut(onnx, path)
  return onnx
}

async function tryOut(onnx: Uint8Array, path: string): Promise<void> {
  const refuse = (why: string, cause?: unknown): RecError =>
    new RecError(
      'model-malformed',
      `${path}: ${why}; a ranker takes float [N, ${FEATURE_COUNT}] (layout ${FEATURE_LAYOUT}) and gives one score a row`,
      { layout: FEATURE_LAYOUT, featureCount: FEATURE_COUNT },
      { cause },
    )
  const ranker = await openOnnxRanker(onnx).catch((cause: unknown) => {
    throw refuse('ONNX Runtime for the web cannot open it', cause)
  })
  const normal = createNormal(createRandom(1))
  const rows = new Float32Array(TRIED_ROWS * FEATURE_COUNT).map(() => normal())
  const half = TRIED_ROWS / 2
  try {
    const run = (part: Float32Array) =>
      ranker.score(part, part.length / FEATURE_COUNT).catch((cause: unknown) => {
        throw refuse('it cannot be run', cause)
      })
    const all = await run(rows)
    const again = await run(rows)
    const second = await run(rows.slice(half * FEATURE_COUNT))
    if (all.some((score) => !Number.isFinite(score))) throw refuse('some scores are not finite')
    if (all.some((score, row) => score !== again[row])) throw refuse('the same rows get other scores from run to run')
    const isApart = (score: number, row: number) =>
      Math.abs(score - all[half + row]) > TOLERANCE * (1 + Math.abs(score))
    if (second.some(isApart)) throw refuse('the score of a row depends on the rows beside it')
  } finally {
    await ranker.close()
  }
}

/** Judges a ranker that was read beside the build's own, on the lists that judged the latter. */
export async function judgeOutside(
  onnx: Uint8Array,
  own: FittedRanker,
  groups: readonly TrainingGroup[],
): Promise<OutsideRanker> {
  const ranker = await openOnnxRanker(onnx)
  const scores = new Map<TrainingGroup, Float32Array>()
  for (const group of groups) if (group.count > 0) scores.set(group, await ranker.score(group.features, group.count))
  await ranker.close()
  const outside = meanNdcg(groups, (group) => scores.get(group) ?? new Float32Array(group.count), JUDGED_AT)
  return { onnx, validation: { outside, own: own.validation.headAndModel, groups: groups.length } }
}
