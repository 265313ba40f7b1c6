import { createRandom, shuffle } from './random.ts'
import { type KernelPool, withPool } from './thread-pool.ts'

export type ClusterOptions = {
  readonly dim: number
  /** Items per cell aimed at, default 4,000. */
  readonly targetSize?: number
  /** No cell holds more than this many times the mean, default 1.25. */
  readonly maxFill?: number
  readonly seed: number
  readonly pool?: KernelPool
}

export type Clustering = {
  readonly count: number
  /** Cell of each item, 0 … count - 1. */
  readonly assignment: Int32Array
  /** Unit vectors, row-major count x dim. */
  readonly centroids: Float32Array
}

/** Items the centroids are learnt on. */
const SAMPLE = 100_000
const ROUNDS = 20
const FULL_ROUNDS = 4

/**
 * Spherical k-means (Dhillon & Modha 2001) into cells of about equal size: crowded centroids pay a growing price per item (frequency-sensitive
 * competitive learning, Banerjee & Ghosh 2004), and what still exceeds the cap moves to its next best cell. Zero vectors go where there is room.
 */
export function clusterItems(vectors: Float32Array, options: ClusterOptions): Promise<Clustering> {
  const { dim } = options
  const items = vectors.length / dim
  const count = Math.max(1, Math.round(items / (options.targetSize ?? 4000)))
  return withPool(options.pool, async (pool) => {
    const random = createRandom(options.seed)
    const { order, zeros } = splitZeros(vectors, dim)
    shuffle(order, random)
    const state = createState(pool, count, dim)
    const sample = placeRows(pool, vectors, order.slice(0, SAMPLE), dim)
    startFrom(state, sample)
    for (let round = 0; round < ROUNDS && count > 1; round++) await improve(pool, state, sample)
    const all = order.length <= SAMPLE ? sample : placeRows(pool, vectors, order, dim)
    for (let round = 0; round < FULL_ROUNDS && count > 1 && all !== sample; round++) await improve(pool, state, all)
    await assign(pool, state, all)
    capCells(state, all, Math.ceil((items / count) * (options.maxFill ?? 1.25)))
    const assignment = new Int32Array(items)
    order.forEach((item, k) => {
      assignment[item] = all.cell[k]
    })
    fillUp(assignment, zeros, cellSizes(all, count))
    return { count, assignment, centroids: meanDirections(all, count, dim) }
  })
}

/** Items with a direction, and those whose vector is zero. */
function splitZeros(vectors: Float32Array, dim: number): { readonly order: Int32Array; readonly zeros: Int32Array } {
  const all = Int32Array.from({ length: vectors.length / dim }, (_, i) => i)
  const isZero = (i: number) => vectors.subarray(i * dim, (i + 1) * dim).every((value) => value === 0)
  return { order: all.filter((i) => !isZero(i)), zeros: all.filter(isZero) }
}

/** Puts items into the emptiest cells one after the other. */
function fillUp(assignment: Int32Array, items: Int32Array, sizes: Int32Array): void {
  let cell = 0
  for (const item of items) {
    for (let c = 0; c < sizes.length; c++) if (sizes[c] < sizes[cell]) cell = c
    assignment[item] = cell
    sizes[cell]++
  }
}

/** Unit rows with one more coordinate of 1 (for the price), padded to a multiple of 8 in length and number. */
type Rows = {
  readonly count: number
  readonly width: number
  readonly unit: Float32Array
  readonly cell: Int32Array
  readonly score: Float32Array
}

type State = {
  readonly count: number
  readonly dim: number
  readonly width: number
  readonly padded: number
  /** width x padded: column c is centroid c, row `dim` minus its price. */
  readonly table: Float32Array
  readonly panels: Float32Array
}

function createState(pool: KernelPool, count: number, dim: number): State {
  const width = Math.ceil((dim + 1) / 8) * 8
  const padded = Math.ceil(count / 8) * 8
  const table = pool.f32(width * padded)
  return { count, dim, width, padded, table, panels: pool.f32(table.length) }
}

function placeRows(pool: KernelPool, vectors: Float32Array, order: Int32Array, dim: number): Rows {
  const width = Math.ceil((dim + 1) / 8) * 8
  const capacity = Math.ceil(order.length / 8) * 8
  const unit = pool.f32(capacity * width)
  order.forEach((item, k) => {
    let sum = 0
    for (let j = 0; j < dim; j++) sum += vectors[item * dim + j] ** 2
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0
    for (let j = 0; j < dim; j++) unit[k * width + j] = vectors[item * dim + j] * scale
    unit[k * width + dim] = 1
  })
  return { count: order.length, width, unit, cell: pool.i32(capacity), score: pool.f32(capacity) }
}

/** First centroids: rows of a shuffled sample, spread out by taking the least similar of a few candidates each time. */
function startFrom(state: State, rows: Rows): void {
  if (rows.count === 0) return
  const { count, dim, width, padded, table } = state
  const closest = new Float32Array(rows.count).fill(-2)
  let cursor = 0
  for (let c = 0; c < count; c++) {
    let pick = cursor % rows.count
    for (let tries = 0; tries < 8; tries++, cursor++) {
      const row = cursor % rows.count
      let nearest = -2
      for (let b = 0; b < c; b++) {
        let dot = 0
        for (let j = 0; j < dim; j++) dot += rows.unit[row * width + j] * table[j * padded + b]
        nearest = Math.max(nearest, dot)
      }
      closest[row] = nearest
      if (closest[row] < closest[pick]) pick = row
    }
    for (let j = 0; j < dim; j++) table[j * padded + c] = rows.unit[pick * width + j]
  }
}

async function assign(pool: KernelPool, state: State, rows: Rows): Promise<void> {
  const { table, panels, width, padded, count } = state
  const pack = [table.byteOffset, panels.byteOffset, width, padded]
  await pool.run({ kernel: 'packPanels', tasks: padded / 8, args: pack })
  const arrays = [rows.unit, panels, rows.cell, rows.score].map((array) => array.byteOffset)
  await pool.run({
    kernel: 'assignRows',
    tasks: Math.ceil(rows.count / 8),
    chunk: 64,
    scratchBytes: 32 * (width + padded),
    args: [...arrays, width, padded, count],
  })
}

/** One round: assign, move centroids to the mean direction of their rows, raise the price of crowded cells. */
async function improve(pool: KernelPool, state: State, rows: Rows): Promise<void> {
  await assign(pool, state, rows)
  const { count, dim, padded, table } = state
  const sizes = cellSizes(rows, count)
  const means = meanDirections(rows, count, dim)
  const orphans = worstFitting(rows, sizes)
  for (let c = 0; c < count; c++) {
    if (sizes[c] > 0) {
      for (let j = 0; j < dim; j++) table[j * padded + c] = means[c * dim + j]
    } else {
      const row = orphans.pop() ?? 0
      for (let j = 0; j < dim; j++) table[j * padded + c] = rows.unit[row * rows.width + j]
      table[dim * padded + c] = 0
      continue
    }
    const fill = (sizes[c] * count) / rows.count
    table[dim * padded + c] -= 0.05 * Math.max(-2, Math.min(2, Math.log(Math.max(fill, 1e-3))))
  }
}

/** As many rows as there are empty cells, out of the largest cell, best fitting first; they become new centroids. */
function worstFitting(rows: Rows, sizes: Int32Array): number[] {
  const empty = sizes.reduce((sum, size) => sum + (size === 0 ? 1 : 0), 0)
  if (empty === 0) return []
  const largest = sizes.indexOf(Math.max(...sizes))
  const members = [...rows.cell.subarray(0, rows.count).keys()].filter((k) => rows.cell[k] === largest)
  members.sort((a, b) => rows.score[b] - rows.score[a] || a - b)
  return members.slice(-empty)
}

function cellSizes(rows: Rows, count: number): Int32Array {
  const sizes = new Int32Array(count)
  for (let k = 0; k < rows.count; k++) sizes[rows.cell[k]]++
  return sizes
}

function meanDirections(rows: Rows, count: number, dim: number): Float32Array {
  const sums = new Float64Array(count * dim)
  for (let k = 0; k < rows.count; k++) {
    const to = rows.cell[k] * dim
    for (let j = 0; j < dim; j++) sums[to + j] += rows.unit[k * rows.width + j]
  }
  const out = new Float32Array(count * dim)
  for (let c = 0; c < count; c++) {
    let sum = 0
    for (let j = 0; j < dim; j++) sum += sums[c * dim + j] ** 2
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0
    for (let j = 0; j < dim; j++) out[c * dim + j] = sums[c * dim + j] * scale
  }
  return out
}

/** Moves the least fitting rows of cells above `cap` to their best cell with room. */
function capCells(state: State, rows: Rows, cap: number): void {
  const { count, width, padded, table } = state
  const sizes = cellSizes(rows, count)
  const crowded = [...rows.cell.subarray(0, rows.count).keys()].filter((k) => sizes[rows.cell[k]] > cap)
  crowded.sort((a, b) => rows.score[a] - rows.score[b] || a - b)
  for (const k of crowded) {
    if (sizes[rows.cell[k]] <= cap) continue
    let [best, value] = [-1, Number.NEGATIVE_INFINITY]
    for (let c = 0; c < count; c++) {
      if (sizes[c] >= cap) continue
      let dot = 0
      for (let j = 0; j < width; j++) dot += rows.unit[k * width + j] * table[j * padded + c]
      if (dot > value) [best, value] = [c, dot]
    }
    if (best < 0) return
    sizes[rows.cell[k]]--
    sizes[best]++
    rows.cell[k] = best
  }
}
