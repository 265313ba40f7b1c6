import { decodeShardTable } from '#contract/shard-table'
import { dequantise, quantise } from '#contract/vectors'
import { queriesOf } from '../mean/choose-mean.ts'
import type { MeanModel } from '../mean/train-mean.ts'
import type { MadeRelease } from '../pipeline/make-release.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import { gridScales } from '../release/space.ts'
import { type Desk, sample } from './desk.ts'
import { createFloatModels } from './float-models.ts'
import { bestOf } from './judge-baselines.ts'
import { ndcgAt } from './metrics.ts'

/** One part of a release in single precision and as it ships. NDCG@k is of lists by this part alone, null where it makes none. */
export type PrecisionPart = {
  readonly part: string
  readonly float32Bytes: number
  readonly int8Bytes: number
  readonly float32Ndcg: number | null
  readonly int8Ndcg: number | null
}

/** Scores of all items for a history (item indices, oldest first). */
type Scorer = (history: Int32Array) => Float32Array

/**
 * What int8 saves and costs: each space's vectors alone, before and after rounding, ranked over the full catalogue by brute force for a sample of
 * the tested users; and the encoder's weights. Bytes are those of the objects, before any compression of the wire.
 */
export function comparePrecision(desk: Desk, { models, manifest, objects }: MadeRelease): PrecisionPart[] {
  const users = sample(desk)
  const ndcgOf = (scoresOf: Scorer): number => {
    const each = users.map((user) => {
      const list = bestOf(scoresOf(desk.known[user]), desk.known[user], desk.k)
      return ndcgAt(list, desk.asked[user].truth, desk.k)
    })
    return each.reduce((sum, ndcg) => sum + ndcg, 0) / Math.max(1, each.length)
  }
  const cells = decodeShardTable(objects.get(manifest.shardTable.hash) ?? new Uint8Array()).cells
  const bytesOf = (space: number) => cells.reduce((sum, cell) => sum + cell.objects.vectors[space].sizeBytes, 0)
  const compare = (part: string, space: number, values: Float32Array, scorer: (vectors: Float32Array) => Scorer) => ({
    part,
    float32Bytes: values.byteLength,
    int8Bytes: bytesOf(space),
    float32Ndcg: ndcgOf(scorer(values)),
    int8Ndcg: ndcgOf(scorer(rounded(values, manifest.spaces[space].dim))),
  })
  const parts: PrecisionPart[] = [compare('iALS vectors', 0, models.vectors, (own) => foldInScorer(models, own))]
  const { second } = models
  if (second?.kind === 'mean') parts.push(compare('mean vectors', 1, second.items, (own) => meanScorer(second, own)))
  if (second?.kind === 'sequence' || second?.kind === 'twoTower') {
    const [, space] = manifest.spaces
    const sizes = { float32Bytes: second.items.byteLength, int8Bytes: bytesOf(1) }
    const model = space?.encoder.type === 'onnx' ? space.encoder.model.sizeBytes : 0
    const none = { float32Ndcg: null, int8Ndcg: null }
    parts.push({ part: second.kind === 'sequence' ? 'sequence vectors' : 'two-tower vectors', ...sizes, ...none })
    parts.push({ part: 'encoder', float32Bytes: second.weights.byteLength, int8Bytes: model, ...none })
  }
  return parts
}

function rounded(vectors: Float32Array, dim: number): Float32Array {
  const scales = gridScales(vectors, dim)
  return dequantise(quantise(vectors, scales), scales)
}

/** The fold-in over given vectors: latest items first, as histories are kept. */
function foldInScorer(models: FittedModels, vectors: Float32Array): Scorer {
  const scoresOf = createFloatModels({ ...models, vectors })
  return (history) => scoresOf(Array.from(history).reverse(), 0).dotRecent
}

function meanScorer({ dim, ratio }: MeanModel, items: Float32Array): Scorer {
  return (history) => {
    const query = queriesOf([history], { items, dim, ratio })
    const scores = new Float32Array(items.length / dim)
    for (let item = 0; item < scores.length; item++)
      for (let d = 0; d < dim; d++) scores[item] += query[d] * items[item * dim + d]
    return scores
  }
}
