import type { BilinearTerm } from '#contract/feedback/learning'
import type { Model } from '#worker/core/model'
import { principalEigenvectors } from '../train/eigen.ts'

/**
 * The public projection of a release: the principal directions of its item vectors, popular items counting more, each divided by its standard
 * deviation. W starts at zero.
 */
export function fitProjection({ catalogue }: Pick<Model, 'catalogue'>, dim: BilinearTerm['dim']): BilinearTerm {
  const { rowCount, quantised, scales, columns } = catalogue
  const width = catalogue.dim
  const total = columns.popularity.reduce((sum, value) => sum + value, 0)
  const mean = new Float64Array(width)
  const covariance = new Float64Array(width * width)
  const vector = new Float64Array(width)
  const each = (use: (share: number) => void) => {
    for (let row = 0; row < rowCount; row++) {
      const share = columns.popularity[row] / total
      if (!(share > 0)) continue
      for (let d = 0; d < width; d++) vector[d] = quantised[row * width + d] * scales[d] - mean[d]
      use(share)
    }
  }
  const sum = new Float64Array(width)
  each((share) => {
    for (let d = 0; d < width; d++) sum[d] += share * vector[d]
  })
  mean.set(sum)
  each((share) => {
    for (let r = 0; r < width; r++)
      for (let c = 0; c < width; c++) covariance[r * width + c] += share * vector[r] * vector[c]
  })
  const directions = principalEigenvectors(covariance.slice(), width)
  const projection = new Array<number>(dim * width).fill(0)
  for (let k = 0; k < Math.min(dim, width); k++) {
    const direction = directions.subarray(k * width, (k + 1) * width)
    const variance = quadratic(covariance, direction)
    if (!(variance > 1e-12)) continue
    for (let d = 0; d < width; d++) projection[k * width + d] = Math.fround(direction[d] / Math.sqrt(variance))
  }
  return { dim, projection, weights: new Array<number>(dim * dim).fill(0) }
}

function quadratic(matrix: Float64Array, vector: Float64Array): number {
  let sum = 0
  for (let r = 0; r < vector.length; r++)
    for (let c = 0; c < vector.length; c++) sum += vector[r] * matrix[r * vector.length + c] * vector[c]
  return sum
}
