/**
 * Softmax cross-entropy of one list (ListNet: Cao et al., ICML 2007): minus the log chances of what was found, weighted by its share of the gains.
 * @param scores - One per row; become the loss's slopes along them.
 * @param gains - One per row, at least one of them above 0.
 * @returns The loss.
 */
export function listwiseLoss(scores: Float32Array, gains: Float32Array): number {
  let total = 0
  for (const gain of gains) total += gain
  let top = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > top) top = score
  let sum = 0
  for (const score of scores) sum += Math.exp(score - top)
  const logSum = Math.log(sum)
  let loss = 0
  for (let row = 0; row < scores.length; row++) {
    const wanted = gains[row] / total
    const log = scores[row] - top - logSum
    loss -= wanted * log
    scores[row] = Math.exp(log) - wanted
  }
  return loss
}
