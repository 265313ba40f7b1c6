import type { Slice } from '../sequence/shape.ts'
import { roundColumns } from '../train/int8-matrix.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { DcnNetwork } from './network.ts'
import { type DcnShape, layOutDcn, widthOf } from './shape.ts'
import { type FeatureRows, type Standard, standardiseRow } from './standardise.ts'

/** A trained network with what makes its inputs of features. */
export type DcnModel = {
  readonly shape: DcnShape
  /** As `layOutDcn` lays them out. */
  readonly weights: Float32Array
  readonly standard: Standard
}

/** Rows that are scored at once. */
export const MOST_ROWS = 4096

/** Scores the rows of one list; a new array. */
export type DcnScorer = (list: FeatureRows) => Promise<Float32Array>

/** Creates what scores by a trained network, in memory of the pool's current scope. */
export function createDcnScorer({ shape, weights, standard }: DcnModel, pool: KernelPool): DcnScorer {
  const network = new DcnNetwork(pool, shape, MOST_ROWS)
  network.weights.set(weights)
  return (list) => scoreRows(network, standard, list)
}

/** Scores by a network as it is. */
export async function scoreRows(
  network: DcnNetwork,
  standard: Standard,
  { features, count }: FeatureRows,
): Promise<Float32Array> {
  const scores = new Float32Array(count)
  for (let from = 0; from < count; from += network.maxRows) {
    const rows = Math.min(network.maxRows, count - from)
    for (let r = 0; r < rows; r++) putRow(network, standard, { features, row: from + r, place: r })
    scores.set(await network.forward(rows), from)
  }
  return scores
}

type Put = { readonly features: Float32Array; readonly row: number; readonly place: number }

/** Writes one row of features to a place of a network's inputs. */
export function putRow(network: DcnNetwork, standard: Standard, { features, row, place }: Put): void {
  const { shape, inputs } = network
  const width = widthOf(shape)
  standardiseRow(
    standard,
    features.subarray(row * shape.features, (row + 1) * shape.features),
    inputs.subarray(place * width, (place + 1) * width),
  )
}

/** The part of a matrix of weights that features reach: without the rows and columns that fill it up. */
export function takeMatrix(weights: Float32Array, { at, columns }: Slice, size: MatrixSize): Float32Array {
  return Float32Array.from(
    { length: size.rows * size.columns },
    (_, k) => weights[at + Math.floor(k / size.columns) * columns + (k % size.columns)],
  )
}

export type MatrixSize = { readonly rows: number; readonly columns: number }

/** Each matrix of a network with the size that features reach. */
export function matricesOf(shape: DcnShape): readonly { readonly slice: Slice; readonly size: MatrixSize }[] {
  const { cross, deep } = layOutDcn(shape)
  const { features, rank } = shape
  const [first, second] = deep
  return [
    ...cross.flatMap(({ down, up }) => [
      { slice: down, size: { rows: features, columns: rank } },
      { slice: up, size: { rows: rank, columns: features } },
    ]),
    { slice: first.matrix, size: { rows: features, columns: first.matrix.columns } },
    { slice: second.matrix, size: second.matrix },
  ]
}

/** The weights as a release ships them: matrices on an int8 grid, the rest as it is. */
export function roundWeights(weights: Float32Array, shape: DcnShape): Float32Array {
  const rounded = weights.slice()
  for (const { slice, size } of matricesOf(shape)) {
    const { rounded: whole, steps } = roundColumns(takeMatrix(weights, slice, size), size.columns)
    whole.forEach((value, k) => {
      const column = k % size.columns
      rounded[slice.at + Math.floor(k / size.columns) * slice.columns + column] = value * steps[column]
    })
  }
  return rounded
}
