import { column, inner, largest, normsOf, ratio, ratios, standard, sums } from './feature-math.ts'
import { type FeatureInputs, NO_RANK } from './features.ts'
import type { FeatureParts, Put } from './fill-features.ts'
import { similarities } from './similarity.ts'

/** Inner products with the user vectors, and their blends with the votes. */
export function putScores(put: Put, { inputs, norms }: FeatureParts): void {
  const { count, dim, vectors, dotRecent, voterRecent } = inputs
  const dotZ = standard(dotRecent)
  const dotUniformZ = standard(inputs.dotUniform)
  const votesZ = standard(voterRecent)
  const [userNorm] = normsOf(inputs.userRecent, 1, dim)
  const item = inputs.context.item
  const last = inputs.ordered ? inputs.history[0] : undefined
  put('dot.recent', dotRecent)
  put('dot.recentZ', dotZ)
  put('dot.recentShare', ratios(dotRecent, largest(dotRecent)))
  put(
    'dot.cosine',
    column(count, (i) => ratio(dotRecent[i], userNorm * norms[i])),
  )
  put('dot.uniform', inputs.dotUniform)
  put('dot.uniformZ', dotUniformZ)
  put(
    'dot.context',
    column(count, (i) => (item === null ? 0 : inner(vectors, i, item.vector))),
  )
  put(
    'dot.last',
    column(count, (i) => (last === undefined ? 0 : inner(vectors, i, last.vector))),
  )
  put(
    'dot.product',
    column(count, (i) => dotZ[i] * votesZ[i]),
  )
  put('blend.recentZ', sums(dotZ, votesZ))
  put('blend.uniformZ', sums(dotUniformZ, standard(inputs.voterUniform)))
  put('blend.fastZ', sums(dotZ, standard(inputs.voterFast)))
  put(
    'blend.minZ',
    column(count, (i) => Math.min(dotZ[i], votesZ[i])),
  )
}

/** Votes of the history's items: how many, how strong, from where. */
export function putVotes(put: Put, { inputs }: FeatureParts): void {
  const { count, voterRecent, voterUniform, voterTotal, history } = inputs
  put('voters.recent', voterRecent)
  put('voters.recentZ', standard(voterRecent))
  put('voters.recentShare', ratios(voterRecent, largest(voterRecent)))
  put('voters.uniform', voterUniform)
  put('voters.uniformZ', standard(voterUniform))
  put('voters.fast', inputs.voterFast)
  put('voters.fastZ', standard(inputs.voterFast))
  put('voters.max', inputs.voterMax)
  put('voters.count', inputs.voterCount)
  put('voters.last', inputs.voterLast)
  put('voters.context', inputs.voterContext)
  put(
    'voters.share',
    column(count, (i) => ratio(voterRecent[i], voterTotal[i])),
  )
  put(
    'voters.uniformShare',
    column(count, (i) => ratio(voterUniform[i], voterTotal[i])),
  )
  put('voters.perItem', ratios(voterUniform, history.length))
  put('voters.second', inputs.voterSecond)
  put('voters.last3', inputs.voterLast3)
  put('voters.session', inputs.voterSession)
  put('voters.lastPosition', inputs.voterLastPosition)
  put('voters.maxPosition', inputs.voterMaxPosition)
}

/** Cosines with single items of the history. */
export function putSimilarity(put: Put, { inputs, norms }: FeatureParts): void {
  const near = similarities(inputs, norms)
  put('similarity.last', near.last)
  put('similarity.max', near.max)
  put('similarity.maxPosition', near.maxPosition)
  put('similarity.mean', near.mean)
  put('similarity.context', near.context)
  put('similarity.top3', near.top3)
  put('similarity.last3', near.last3)
  put('similarity.min', near.min)
}

/** Places in the channels' lists. */
export function putRanks(put: Put, inputs: FeatureInputs): void {
  const { rankVector, rankVoters, rankPopular, rankTrending, rankFresh, rankSequence } = inputs
  const found = new Uint8Array(inputs.count)
  const best = new Uint16Array(inputs.count).fill(NO_RANK)
  for (const ranks of [rankVector, rankVoters, rankPopular, rankTrending, rankFresh, rankSequence])
    for (let i = 0; i < found.length; i++) {
      if (ranks[i] < NO_RANK) found[i]++
      if (ranks[i] < best[i]) best[i] = ranks[i]
    }
  put('rank.vector', rankVector)
  put('rank.voters', rankVoters)
  put('rank.popular', rankPopular)
  put('rank.trending', rankTrending)
  put('rank.fresh', rankFresh)
  put('rank.channels', found)
  put('rank.sequence', rankSequence)
  put('rank.best', best)
}

/** What the second space says; constant without one. */
export function putSequence(put: Put, { inputs }: FeatureParts): void {
  const { sequence } = inputs
  const sequenceZ = standard(sequence)
  put('sequence.dot', sequence)
  put('sequence.dotZ', sequenceZ)
  put('sequence.share', ratios(sequence, largest(sequence)))
  put('blend.sequenceZ', sums(sums(sequenceZ, standard(inputs.dotRecent)), standard(inputs.voterRecent)))
}
