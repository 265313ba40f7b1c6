import type { Calibration, FeedbackPart } from '#contract/feedback/learning'
import { HEAD, POSITIONS } from '#contract/feedback/plan'
import type { Manifest } from '#contract/manifest'
import type { Query } from '#worker/core/candidates'
import { openLesson } from '#worker/core/feedback/lesson'
import type { Model } from '#worker/core/model'
import type { Ranker } from '#worker/core/ranker'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel, type ReadObject } from '../device/resident-model.ts'
import { createVisitReader } from '../device/visits.ts'
import { splitHistory } from '../rank/split-history.ts'
import { randomOf } from '../train/random.ts'
import { curvatureOf, type RankedList, rankLists, spreadOf } from './curvature.ts'
import { beliefOf, type LearningState } from './learning-state.ts'
import { makePlan } from './make-plan.ts'
import { fitProjection } from './projection.ts'
import { norm } from './trust-region.ts'

/** Lists of the site's own log that curvature and clips are measured on. */
const MOST_LISTS = 300

/** Share of the lists whose answer has the clip's norm at most. */
const CLIP_QUANTILE = 0.6

export type StartParts = {
  readonly manifest: Manifest
  readonly read: ReadObject
  readonly itemNos: Uint32Array
  readonly slope: number
  readonly feedback: Config['feedback']
  readonly heldShare: number
  readonly seed: number
  readonly nowMs: number
}

/**
 * Makes a release ready to learn: a linear head over every feature that differs within lists, a bilinear term of zero, the plan, and what the build
 * must know to read the answers. Scores stay as they are. null where the log has no list to measure on.
 */
export async function startLearning(
  dataset: Dataset,
  parts: StartParts,
): Promise<{ readonly manifest: Manifest; readonly state: LearningState } | null> {
  const { manifest, read, slope, feedback } = parts
  const model = loadModel(manifest, read)
  if (manifest.linearHead === null) return null
  const ranker = await openRanker(model, read)
  if (ranker === null) return null
  const lists = await ownLists(model, ranker, dataset, parts)
  await ranker.close?.()
  if (lists.length === 0) return null
  const spread = spreadOf(lists.map(({ list }) => list))
  const head = widened(manifest.linearHead, spread)
  const featureScale = head.features.map((column) => spread.deviations[spread.columns.indexOf(column)] ?? 0)
  const bilinear = fitProjection(model, feedback.bilinearDimensions)
  const calibration: Calibration = { slope, featureScale }
  const learning = { ...manifest, linearHead: head, bilinear }
  const clips = clipsOf({ ...model, manifest: learning }, lists, calibration)
  const heads = head.features.length
  const plan = makePlan({ ...feedback, heads, bilinearDim: bilinear.dim, clips, round: 0, nowMs: parts.nowMs })
  const part: FeedbackPart = { plan, calibration, propensities: new Array<number>(POSITIONS).fill(1), noise: [] }
  return {
    manifest: { ...learning, feedback: part },
    state: {
      v: 1,
      site: manifest.site,
      round: 0,
      scoreDeviation: spread.scoreDeviation,
      curvature: curvatureOf(
        lists.map(({ list }) => list),
        { columns: head.features, featureScale, bilinear, slope },
      ),
      belief: beliefOf(heads, bilinear.dim, slope),
      popularity: popularityOf(manifest, dataset, parts.itemNos),
    },
  }
}

type OwnList = { readonly list: RankedList; readonly held: readonly number[] }

async function ownLists(model: Model, ranker: Ranker, dataset: Dataset, parts: StartParts): Promise<OwnList[]> {
  const log = dataset.interactions
  const read = createVisitReader(model, log, parts.itemNos)
  const every = Math.max(1, Math.ceil(log.userCount / MOST_LISTS))
  const lists: OwnList[] = []
  for (let user = 0; user < log.userCount; user += every) {
    const random = randomOf(parts.seed, user)
    const split = splitHistory(log, user, { heldShare: parts.heldShare, random })
    if (split === null) continue
    const query: Query = read({ known: split.known, at: log.at[split.held[0]] })
    const held = Array.from(split.held, (row) => parts.itemNos[log.item[row]])
    for await (const list of rankLists(model, ranker, [query])) lists.push({ list, held })
  }
  return lists
}

/** The head with a weight of 0 for each feature that it had not. */
function widened(head: NonNullable<Manifest['linearHead']>, { columns }: ReturnType<typeof spreadOf>) {
  const more = columns.filter((column) => !head.features.includes(column)).slice(0, 64 - head.features.length)
  return { ...head, features: [...head.features, ...more], weights: [...head.weights, ...more.map(() => 0)] }
}

function clipsOf(model: Model, lists: readonly OwnList[], calibration: Calibration) {
  const rank: number[] = []
  const pair: number[] = []
  for (const { list, held } of lists) {
    const lesson = openLesson(model, list, calibration)
    const takes = held.map((itemNo) => lesson.take(itemNo)).filter((take) => take !== null)
    if (takes.length === 0) continue
    const mean = (vectors: readonly Float32Array[]) =>
      vectors[0].map((_, d) => vectors.reduce((sum, vector) => sum + vector[d], 0) / vectors.length)
    rank.push(norm(mean(takes.map((take) => take.rank))))
    pair.push(norm(mean(takes.map((take) => take.pair))))
  }
  const quantile = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(CLIP_QUANTILE * values.length)]
  return { rank: Math.fround(quantile(rank) || 1), pair: Math.fround(quantile(pair) || 1) }
}

/** Shares of the users' rows, of the items of the public list. */
function popularityOf({ lists }: Manifest, dataset: Dataset, itemNos: Uint32Array): LearningState['popularity'] {
  const items = (lists.find(({ scene }) => scene === 'popular')?.items ?? []).slice(0, HEAD.items)
  const place = new Map(items.map((itemNo, k) => [itemNo, k]))
  const prior = new Float64Array(HEAD.items)
  for (const item of dataset.interactions.item) {
    const k = place.get(itemNos[item])
    if (k !== undefined) prior[k] += 1 / dataset.interactions.item.length
  }
  return { prior, moved: new Float64Array(HEAD.items) }
}
