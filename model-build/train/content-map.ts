import type { CatalogueItem } from '../dataset.ts'
import { extractContent, takeRows } from './content-features.ts'
import { principalEigenvectors } from './eigen.ts'
import { createNormal, createRandom } from './random.ts'
import { createSparseProduct, type SparseProduct } from './sparse-product.ts'
import { type KernelPool, withPool } from './thread-pool.ts'

export type ContentMapOptions = {
  /** Length of the collaborative vectors. */
  readonly dim: number
  readonly seed: number
  /** Ridges to choose from on held-out items, default 0.1, 1, 10. */
  readonly ridges?: readonly number[]
  /** Interactions at which an item's own vector counts half in training, default 10. */
  readonly halfSupport?: number
  readonly pool?: KernelPool
}

export type ContentMap = {
  /** A predicted vector for every item, row-major itemCount x dim; owned by the caller. */
  readonly vectors: Float32Array
  readonly ridge: number
  /** Share of the held-out vectors' variance that content explains, below 1, negative when it misleads; -Infinity for a given ridge. */
  readonly explained: number
}

const ITERATIONS = 20
const TRIAL_ITERATIONS = 10

/**
 * Maps content into the collaborative space: weighted ridge regression of item vectors (minus their mean) on TF-IDF rows, by conjugate
 * gradients, the ridge chosen on a tenth of the items. `support[i]` is the number of interactions behind item i; items with 0 are not
 * learnt from. Source: Gantner et al., "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations", ICDM 2010.
 */
export function trainContentMap(
  items: readonly CatalogueItem[],
  itemVectors: Float32Array,
  support: ArrayLike<number>,
  options: ContentMapOptions,
): Promise<ContentMap> {
  return withPool(options.pool, async (pool) => {
    const { dim } = options
    const content = extractContent(items)
    const learnt = Int32Array.from(items.keys()).filter((i) => support[i] > 0)
    const product = createSparseProduct(pool, takeRows(content, learnt), dim)
    const half = options.halfSupport ?? 10
    const weights = Float32Array.from(learnt, (i) => support[i] / (support[i] + half))
    const own = takeVectors(itemVectors, learnt, dim)
    const mean = weightedMean(own, weights, dim)
    const targets = own.map((value, at) => value - mean[at % dim])
    const random = createRandom(options.seed)
    const held = Uint8Array.from(learnt, () => (random() < 0.1 ? 1 : 0))
    const visible = weights.map((weight, i) => (held[i] === 1 ? 0 : weight))
    const solve = (seen: Float32Array, ridge: number, iterations: number) =>
      solveRidge({ product, targets, weights: seen, ridge, iterations, dim })
    const ridges = options.ridges ?? [0.1, 1, 10]
    let best = { ridge: ridges[0] ?? 1, explained: Number.NEGATIVE_INFINITY }
    for (const ridge of ridges.length > 1 ? ridges : []) {
      const predicted = await product.multiply(await solve(visible, ridge, TRIAL_ITERATIONS))
      const explained = explainedShare(predicted, targets, { weights, held, dim })
      if (explained > best.explained) best = { ridge, explained }
    }
    const map = await solve(weights, best.ridge, ITERATIONS)
    const vectors = (await createSparseProduct(pool, content, dim).multiply(map)).slice()
    for (let at = 0; at < vectors.length; at++) vectors[at] += mean[at % dim]
    return { vectors, ...best }
  })
}

function takeVectors(vectors: Float32Array, rows: Int32Array, dim: number): Float32Array {
  const out = new Float32Array(rows.length * dim)
  rows.forEach((row, at) => {
    out.set(vectors.subarray(row * dim, (row + 1) * dim), at * dim)
  })
  return out
}

/**
 * Unit vectors from content alone, for catalogues without a log: the leading `dim` principal directions of the TF-IDF rows by subspace
 * iteration (Halko, Martinsson & Tropp 2011), rows normalised; an item without terms gets zeros.
 */
export function embedContent(
  items: readonly CatalogueItem[],
  options: { readonly dim: number; readonly seed: number; readonly pool?: KernelPool },
): Promise<Float32Array> {
  return withPool(options.pool, async (pool) => {
    const rows = extractContent(items)
    const width = Math.ceil((options.dim + 8) / 4) * 4
    const product = createSparseProduct(pool, rows, width)
    const normal = createNormal(createRandom(options.seed))
    let basis = new Float32Array(rows.termCount * width).map(() => normal())
    for (let round = 0; round < 4; round++) {
      basis = (await product.multiplyTransposed(await product.multiply(basis))).slice()
      orthonormalise(basis, width)
    }
    const projected = await product.multiply(basis)
    const rotation = principalEigenvectors(gram(projected, width), width)
    return rotateRows(projected, rotation, width, options.dim)
  })
}

/** Unit rows of the first dim rotated coordinates. */
function rotateRows(rows: Float32Array, rotation: Float64Array, width: number, dim: number): Float32Array {
  const count = rows.length / width
  const out = new Float32Array(count * dim)
  for (let i = 0; i < count; i++) {
    const from = rows.subarray(i * width, (i + 1) * width)
    const to = out.subarray(i * dim, (i + 1) * dim)
    for (let k = 0; k < dim; k++) for (let j = 0; j < width; j++) to[k] += from[j] * rotation[k * width + j]
    const length = Math.sqrt(to.reduce((sum, x) => sum + x * x, 0))
    if (length > 0) for (let k = 0; k < dim; k++) to[k] /= length
  }
  return out
}

/** Own vector where there is evidence, content where there is none: (support * own + strength * content) / (support + strength). */
export function blendVectors(
  own: Float32Array,
  content: Float32Array,
  support: ArrayLike<number>,
  strength: number,
): Float32Array {
  const dim = own.length / support.length
  return own.map((value, at) => {
    const evidence = support[Math.floor(at / dim)]
    return (evidence * value + strength * content[at]) / (evidence + strength)
  })
}

type RidgeProblem = {
  readonly product: SparseProduct
  readonly targets: Float32Array
  readonly weights: Float32Array
  readonly ridge: number
  readonly iterations: number
  readonly dim: number
}

/** Solves (X'SX + ridge I) W = X'SY for all columns at once by conjugate gradients, each column with its own steps. */
async function solveRidge(problem: RidgeProblem): Promise<Float32Array> {
  const { product, ridge, dim } = problem
  const residual = (await product.multiplyTransposed(weighRows(problem.targets.slice(), problem))).slice()
  const solution = new Float32Array(residual.length)
  const direction = residual.slice()
  let size = columnDots(residual, residual, dim)
  for (let round = 0; round < problem.iterations; round++) {
    const image = await product.multiplyTransposed(weighRows(await product.multiply(direction), problem))
    for (let at = 0; at < image.length; at++) image[at] += ridge * direction[at]
    const curvature = columnDots(direction, image, dim)
    const step = size.map((value, c) => (curvature[c] > 0 ? value / curvature[c] : 0))
    for (let at = 0, c = 0; at < solution.length; at++, c = c + 1 === dim ? 0 : c + 1) {
      solution[at] += step[c] * direction[at]
      residual[at] -= step[c] * image[at]
    }
    const next = columnDots(residual, residual, dim)
    const turn = next.map((value, c) => (size[c] > 0 ? value / size[c] : 0))
    for (let at = 0, c = 0; at < direction.length; at++, c = c + 1 === dim ? 0 : c + 1) {
      direction[at] = residual[at] + turn[c] * direction[at]
    }
    size = next
  }
  return solution
}

/** Multiplies row i by weights[i], in place. */
function weighRows(values: Float32Array, { weights, dim }: RidgeProblem): Float32Array {
  for (let i = 0, at = 0; i < weights.length; i++) for (let k = 0; k < dim; k++, at++) values[at] *= weights[i]
  return values
}

function columnDots(a: Float32Array, b: Float32Array, dim: number): Float64Array {
  const sums = new Float64Array(dim)
  for (let at = 0, c = 0; at < a.length; at++, c = c + 1 === dim ? 0 : c + 1) sums[c] += a[at] * b[at]
  return sums
}

function gram(vectors: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width * width)
  for (let at = 0; at < vectors.length; at += width) {
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) sums[i * width + j] += vectors[at + i] * vectors[at + j]
  }
  return sums
}

/** Gram-Schmidt over columns, twice for stability; a column that vanishes becomes zero. */
function orthonormalise(basis: Float32Array, width: number): void {
  for (let c = 0; c < width; c++) {
    const before = columnNorm(basis, width, c)
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < c; b++) {
        let dot = 0
        for (let at = 0; at < basis.length; at += width) dot += basis[at + b] * basis[at + c]
        for (let at = 0; at < basis.length; at += width) basis[at + c] -= dot * basis[at + b]
      }
    }
    const norm = columnNorm(basis, width, c)
    const scale = norm > 1e-5 * before ? 1 / norm : 0
    for (let at = c; at < basis.length; at += width) basis[at] *= scale
  }
}

function columnNorm(basis: Float32Array, width: number, column: number): number {
  let sum = 0
  for (let at = column; at < basis.length; at += width) sum += basis[at] * basis[at]
  return Math.sqrt(sum)
}

function weightedMean(vectors: Float32Array, weights: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim)
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    total += weights[i]
    for (let k = 0; k < dim; k++) mean[k] += weights[i] * vectors[i * dim + k]
  }
  return mean.map((value) => (total > 0 ? value / total : 0))
}

function explainedShare(
  predicted: Float32Array,
  targets: Float32Array,
  split: { readonly weights: Float32Array; readonly held: Uint8Array; readonly dim: number },
): number {
  let error = 0
  let whole = 0
  for (let at = 0; at < targets.length; at++) {
    const i = Math.floor(at / split.dim)
    if (split.held[i] === 0) continue
    error += split.weights[i] * (targets[at] - predicted[at]) ** 2
    whole += split.weights[i] * targets[at] ** 2
  }
  return whole > 0 ? 1 - error / whole : 0
}
