import type { EaseJob } from './ease.ts'
import type { SparseRows } from './interaction-matrix.ts'

/** A `ColumnVisitor` that is always told the sources. */
type LocalVisitor = (item: number, weights: Float32Array, sources: Int32Array) => void

export type LocalEaseJob = Omit<EaseJob, 'lambda'> & {
  /** Also learns what follows what; `byItem` then has places as weights (see `toPlacedRows`). */
  readonly directed: boolean
}

/** Neighbours that each of the POPULAR items with most users is regressed on: popular items hang on many others, each a little. */
const WIDE = 256
const POPULAR = 2_048

/** Steps between two items of a history that still count; the kernel knows as many. */
const STEPS = 64

/** What a step back in a history leaves of an item's weight: half after three items. */
const DECAY = 2 ** (-1 / 3)

/**
 * EASE's regression of each item on its `neighbours` nearest items by cosine of users, with exact pair counts among them:
 * w = (G_NN + lambda I)^-1 g_N. The same optimum as EASE when the support of its column lies within the neighbours.
 *
 * Directed, each moment of each history is one more row: what came before it, fading by DECAY, is to foretell what came after it, fading likewise
 * (the joint model of Choi et al., "Session-aware Linear Item-Item Models", WWW 2021). Their sums over all moments have closed forms in the two places.
 * @param neighbours - Co-occurring items per solve, 8 … 256; the POPULAR items with most users, which most of what is asked for is among, get WIDE in any case.
 */
export async function visitLocalColumns(
  job: LocalEaseJob & { readonly lambda: number; readonly neighbours: number; readonly minSupport: number },
  visit: LocalVisitor,
): Promise<void> {
  const { pool, byUser, byItem, neighbours } = job
  const items = byItem.rowCount
  await pool.scope(async () => {
    const ids = pool.i32(items * WIDE)
    const lengths = pool.i32(items)
    await pool.scope(async () => {
      const graph = [byUser.offsets, byUser.columns, byItem.offsets, byItem.columns].map(pool.copyI32)
      const args = [...graph, pool.copyF32(inverseNorms(byItem.offsets))].map((array) => array.byteOffset)
      await pool.run({
        kernel: 'neighbourRows',
        tasks: items,
        chunk: Math.max(64, Math.ceil(items / 256)),
        scratchBytes: 8 * (items + WIDE),
        args: [...args, items, WIDE, job.minSupport, ids.byteOffset, lengths.byteOffset],
      })
    })
    const least = usersOfPopular(byItem.offsets)
    for (let i = 0; i < items; i++)
      if (byItem.offsets[i + 1] - byItem.offsets[i] < least) lengths[i] = Math.min(lengths[i], neighbours)
    await solve(job, { keep: WIDE, ids, lengths, ridges: new Float32Array(items).fill(job.lambda) }, visit)
  })
  job.onProgress?.(items, items)
}

/** The same regression of each item on given sources, entries `offsets[i] … offsets[i + 1] - 1` of item i, at most 256, each item with a ridge of its own. */
export async function visitGivenColumns(
  job: LocalEaseJob & { readonly ridges: Float32Array },
  { offsets, source }: { readonly offsets: Int32Array; readonly source: Int32Array },
  visit: LocalVisitor,
): Promise<void> {
  const { pool, byItem } = job
  const items = byItem.rowCount
  await pool.scope(async () => {
    const lengths = pool.i32(items)
    for (let i = 0; i < items; i++) lengths[i] = offsets[i + 1] - offsets[i]
    const longest = lengths.reduce((a, b) => Math.max(a, b), 0)
    const keep = Math.max(8, 8 * Math.ceil(longest / 8))
    const ids = pool.i32(items * keep)
    for (let i = 0; i < items; i++) ids.set(source.subarray(offsets[i], offsets[i + 1]), i * keep)
    await solve(job, { keep, ids, lengths, ridges: job.ridges }, visit)
  })
}

/** What each item's solve is restricted to: `lengths[i]` sources from `ids[i · keep]` on, in the pool's memory. */
type Support = {
  readonly keep: number
  readonly ids: Int32Array
  readonly lengths: Int32Array
  readonly ridges: Float32Array
}

async function solve(job: LocalEaseJob, { keep, ids, lengths, ridges }: Support, visit: LocalVisitor): Promise<void> {
  const { pool, byUser, byItem } = job
  const items = byItem.rowCount
  const [itemOffsets, itemUsers] = [byItem.offsets, byItem.columns].map(pool.copyI32)
  const weights = pool.f32(items * keep)
  const order = job.directed ? [pool.copyI32(placesOf(byItem)), pool.copyF32(stepTables())] : []
  const [places = 0, steps = 0] = order.map((array) => array.byteOffset)
  const arrays = [itemOffsets, itemUsers, ids, lengths, weights, pool.copyF32(ridges)].map((array) => array.byteOffset)
  const lists = 4 * Math.min(byItem.columns.length, keep * longestOf(byItem.offsets))
  await pool.run({
    kernel: 'localSolve',
    tasks: items,
    chunk: Math.max(64, Math.ceil(items / 256)),
    scratchBytes: 4 * (keep * keep + 12 * keep) + 16 * byUser.rowCount + lists,
    args: [...arrays, keep, byUser.rowCount, places, steps],
  })
  for (let item = 0; item < items; item++) {
    const [from, to] = [item * keep, item * keep + lengths[item]]
    visit(item, weights.subarray(from, to), ids.subarray(from, to))
  }
}

/** Users of the POPULAR-th item by users, at least 1. */
function usersOfPopular(offsets: Int32Array): number {
  const users = Int32Array.from({ length: offsets.length - 1 }, (_, i) => offsets[i + 1] - offsets[i]).sort()
  return Math.max(1, users[users.length - POPULAR] ?? 1)
}

/** One over the square root of each item's number of users, 0 of none. */
function inverseNorms(offsets: Int32Array): Float32Array {
  return Float32Array.from({ length: offsets.length - 1 }, (_, i) => {
    const users = offsets[i + 1] - offsets[i]
    return users === 0 ? 0 : 1 / Math.sqrt(users)
  })
}

function longestOf(offsets: Int32Array): number {
  let longest = 0
  for (let i = 0; i + 1 < offsets.length; i++) longest = Math.max(longest, offsets[i + 1] - offsets[i])
  return longest
}

/** @throws RangeError where rows were made without places. */
function placesOf({ weights }: SparseRows): Int32Array {
  if (weights === undefined) throw new RangeError('directed voters need rows with places')
  return Int32Array.from(weights)
}

/**
 * Three tables one after the other. With d = |p - q| steps between two items and s items after the later one, over all moments after both:
 * Σ decay^(d + 2k), k < s, = decay[d] · tail[s]. For an item d >= 1 steps after another, over the moments between: Σ decay^(d - 1) = ahead[d].
 */
function stepTables(): Float32Array {
  const tables = new Float32Array(3 * STEPS)
  for (let d = 0; d < STEPS; d++) {
    tables[d] = DECAY ** d
    tables[STEPS + d] = (1 - DECAY ** (2 * d)) / (1 - DECAY ** 2)
    tables[2 * STEPS + d] = d * DECAY ** Math.max(0, d - 1)
  }
  return tables
}
