import { fillFeatures } from '#contract/fill-features'
import { sessionLength } from '#contract/history-shape'
import { type IntegerQuery, integerQuery } from '#contract/vectors'
import { type CandidateSet, type Query, querySequence } from '#worker/core/candidates'
import { type Channel, type Found, open } from '#worker/core/channels'
import { encodeHistory, type SequenceEncoder } from '#worker/core/encoder/sequence-encoder'
import { gatherInputs } from '#worker/core/gather'
import { canonicalHistory } from '#worker/core/history'
import type { Model } from '#worker/core/model'
import { addLinearHead, type Ranker } from '#worker/core/ranker'
import { blendScores } from '#worker/core/scores'
import { emptyVotes, type Votes } from '#worker/core/votes'
import type { Answer } from '../crew/seat.ts'
import type { Interactions } from '../dataset.ts'
import { createVisitReader, type Visit } from '../device/visits.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { Respondent } from './desk.ts'
import { createFloatModels, type FloatScores, withFloatVector } from './float-models.ts'

/** Candidates of the vector and voter channels: twice what a device takes. */
const DEPTH = 500

/** Whose histories are asked for, the itemNo of each item, and what reads their order. */
export type ExactParts = {
  readonly log: Interactions
  readonly itemNos: Uint32Array
  readonly encoder: SequenceEncoder | null
  /** The release's; null for the order of the blend. */
  readonly ranker: Ranker | null
}

/**
 * The reference that a device is held against: the same models before quantisation, brute force over the whole catalogue,
 * twice the candidates, the same ranker; rules off. The sequence encoder is the device's own.
 * @param model - The release with every item resident; read for columns and public lists only.
 */
export function createExactRecommender(
  model: Model,
  models: FittedModels,
  { log, itemNos, encoder, ranker }: ExactParts,
): Respondent {
  const { catalogue, manifest } = model
  const read = createVisitReader(model, log, itemNos)
  const scoresOf = createFloatModels(models)
  const indexOf = new Map(Array.from(itemNos, (itemNo, index) => [itemNo, index]))
  const indexOfRow = Int32Array.from(catalogue.itemNoOf, (itemNo) => indexOf.get(itemNo) ?? 0)
  const answer = async (visit: Visit, count: number): Promise<Answer> => {
    const query = read(visit)
    const history = canonicalHistory(query.history, manifest.ordered)
    const session = sessionLength(history, manifest.timed && manifest.ordered ? query.context.now : Number.NaN)
    const floats = scoresOf(
      history.map(({ itemNo }) => indexOf.get(itemNo) ?? 0),
      session,
    )
    const sequenceQuery = querySequence(model, await encodeHistory(model, encoder, query))
    const found = [...channelsOf(model, query, floats, indexOfRow), ...sequenceList(model, query, sequenceQuery)]
    const rows = Int32Array.from(new Set(found.flatMap((list) => Array.from(list.rows))))
    const known = history.map((item) => withFloatVector(item, models, indexOf.get(item.itemNo) ?? 0))
    const inputs = gather(
      model,
      { ...query, history: known },
      { rows, found, floats, indexOfRow, models, sequenceQuery },
    )
    const scores = await scoreRows(model, ranker, inputs)
    const order = Array.from(rows.keys()).sort(
      (a, b) => scores[b] - scores[a] || catalogue.itemNoOf[rows[a]] - catalogue.itemNoOf[rows[b]],
    )
    const best = order.slice(0, count)
    return {
      items: Int32Array.from(best, (i) => indexOfRow[rows[i]]),
      scores: Float32Array.from(best, (i) => scores[i]),
      channels: new Uint8Array(best.length),
      candidates: null,
    }
  }
  return {
    answers: async (visits, { count }, onShare) => {
      const answers: Answer[] = []
      for (const visit of visits) {
        answers.push(await answer(visit, count))
        onShare(answers.length / visits.length)
      }
      return answers
    },
  }
}

async function scoreRows(model: Model, ranker: Ranker | null, inputs: CandidateSet['inputs']): Promise<Float32Array> {
  const features = fillFeatures(inputs)
  if (ranker === null) return blendScores({ inputs }, features)
  const scores = await ranker.score(features, inputs.count)
  addLinearHead(scores, features, model.manifest.linearHead)
  return scores
}

function channelsOf(model: Model, query: Query, floats: FloatScores, indexOfRow: Int32Array): Found[] {
  const { publicRows, manifest } = model
  const open_ = (rows: Int32Array, limit: number) => open(rows, query, limit)
  const best = (scores: Float32Array): Int32Array => {
    const rows = Array.from(indexOfRow.keys()).filter((row) => query.blocked[row] === 0 && scores[indexOfRow[row]] > 0)
    return Int32Array.from(rows.sort((a, b) => scores[indexOfRow[b]] - scores[indexOfRow[a]]).slice(0, DEPTH))
  }
  const list = (channel: Channel, rows: Int32Array): Found => ({ channel, rows })
  const personal =
    query.history.length === 0
      ? []
      : [list('vector', best(floats.dotRecent)), list('voters', best(floats.votes.recent))]
  return [
    ...personal,
    list('popular', open_(publicRows.popular, Math.max(manifest.retrieval.popular, 100))),
    list('trending', open_(publicRows.trending, manifest.retrieval.trending)),
    list('fresh', open_(publicRows.fresh, manifest.retrieval.fresh)),
  ]
}

function sequenceList({ sequence }: Model, { blocked }: Query, query: IntegerQuery | null): Found[] {
  if (sequence === null || query === null) return []
  return [{ channel: 'sequence', rows: sequence.retriever.search(query, DEPTH, blocked).rows }]
}

type GatherParts = {
  readonly sequenceQuery: IntegerQuery | null
  readonly rows: Int32Array
  readonly found: readonly Found[]
  readonly floats: FloatScores
  readonly indexOfRow: Int32Array
  readonly models: FittedModels
}

function gather(model: Model, query: Query, parts: GatherParts): CandidateSet['inputs'] {
  const { rows, found, floats, indexOfRow, models, sequenceQuery } = parts
  const { scales } = model.catalogue
  const pick = (values: Float32Array) => Float32Array.from(rows, (row) => values[indexOfRow[row]])
  const picked = pickVotes(floats.votes, rows, indexOfRow)
  const users = {
    recent: floats.userRecent,
    recentQuery: integerQuery(floats.userRecent, scales),
    uniformQuery: integerQuery(floats.userUniform, scales),
  }
  const inputs = gatherInputs(model, {
    rows,
    history: query.history,
    context: query.context,
    users,
    votes: picked,
    found,
    sequenceQuery,
  })
  const vectors = new Float32Array(rows.length * models.dim)
  rows.forEach((row, i) => {
    const at = indexOfRow[row] * models.dim
    vectors.set(models.vectors.subarray(at, at + models.dim), i * models.dim)
  })
  return { ...inputs, vectors, dotRecent: pick(floats.dotRecent), dotUniform: pick(floats.dotUniform) }
}

function pickVotes(votes: Votes, rows: Int32Array, indexOfRow: Int32Array): Votes {
  const picked = emptyVotes(rows.length)
  for (const name of Object.keys(picked) as (keyof Votes)[]) {
    for (let i = 0; i < rows.length; i++) picked[name][i] = votes[name][indexOfRow[rows[i]]]
  }
  return picked
}
