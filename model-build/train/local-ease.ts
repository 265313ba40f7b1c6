import type { ColumnVisitor, EaseJob } from './ease.ts'
import type { SparseRows } from './interaction-matrix.ts'

export type LocalEaseJob = EaseJob & {
  /** Co-occurring items per solve, a multiple of 8, 8 … 256. */
  readonly neighbours: number
  readonly minSupport: number
  /** Also learns what follows what; `byItem` then has places as weights (see `toPlacedRows`). */
  readonly directed: boolean
}

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
 */
export async function visitLocalColumns(job: LocalEaseJob, visit: ColumnVisitor): Promise<void> {
  const { pool, byUser, byItem, neighbours: keep } = job
  const items = byItem.rowCount
  await pool.scope(async () => {
    const [userOffsets, userItems] = [byUser.offsets, byUser.columns].map(pool.copyI32)
    const [itemOffsets, itemUsers] = [byItem.offsets, byItem.columns].map(pool.copyI32)
    const norms = pool.f32(items)
    const longest = fillNorms(norms, byItem.offsets)
    const ids = pool.i32(items * keep)
    const counts = pool.f32(items * keep)
    const lengths = pool.i32(items)
    const weights = pool.f32(items * keep)
    const graph = [userOffsets, userItems, itemOffsets, itemUsers, norms].map((array) => array.byteOffset)
    await pool.run({
      kernel: 'neighbourRows',
      tasks: items,
      chunk: Math.max(64, Math.ceil(items / 256)),
      scratchBytes: 8 * (items + keep),
      args: [...graph, items, keep, job.minSupport, ids.byteOffset, counts.byteOffset, lengths.byteOffset],
    })
    const lists = 4 * Math.min(byItem.columns.length, keep * longest)
    const order = job.directed ? [pool.copyI32(placesOf(byItem)), pool.copyF32(stepTables())] : []
    const [places = 0, steps = 0] = order.map((array) => array.byteOffset)
    const solution = [ids, counts, lengths, weights].map((array) => array.byteOffset)
    await pool.run({
      kernel: 'localSolve',
      tasks: items,
      chunk: Math.max(64, Math.ceil(items / 256)),
      scratchBytes: 4 * (keep * keep + 12 * keep) + 16 * byUser.rowCount + lists,
      args: [
        itemOffsets.byteOffset,
        itemUsers.byteOffset,
        ...solution,
        job.lambda,
        keep,
        byUser.rowCount,
        places,
        steps,
      ],
    })
    visitAll({ ids, lengths, weights }, keep, visit)
    job.onProgress?.(items, items)
  })
}

type Solved = { readonly ids: Int32Array; readonly lengths: Int32Array; readonly weights: Float32Array }

function visitAll({ ids, lengths, weights }: Solved, keep: number, visit: ColumnVisitor): void {
  lengths.forEach((length, item) => {
    const from = item * keep
    visit(item, weights.subarray(from, from + length), ids.subarray(from, from + length))
  })
}

/** One over the square root of each item's number of users; returns the largest number. */
function fillNorms(norms: Float32Array, offsets: Int32Array): number {
  let longest = 0
  for (let i = 0; i < norms.length; i++) {
    const count = offsets[i + 1] - offsets[i]
    longest = Math.max(longest, count)
    norms[i] = count === 0 ? 0 : 1 / Math.sqrt(count)
  }
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
