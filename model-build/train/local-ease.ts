import type { ColumnVisitor, EaseJob } from './ease.ts'

export type LocalEaseJob = EaseJob & {
  /** Co-occurring items per solve, a multiple of 8, 8 … 256. */
  readonly neighbours: number
  readonly minSupport: number
}

/**
 * EASE's regression of each item on its `neighbours` nearest items by cosine of users, with exact pair counts among them:
 * w = (G_NN + lambda I)^-1 g_N. The same optimum as EASE when the support of its column lies within the neighbours.
 */
export async function visitLocalColumns(job: LocalEaseJob, visit: ColumnVisitor): Promise<void> {
  const { pool, byUser, byItem, neighbours: keep } = job
  const items = byItem.rowCount
  await pool.scope(async () => {
    const userOffsets = pool.copyI32(byUser.offsets)
    const userItems = pool.copyI32(byUser.columns)
    const itemOffsets = pool.copyI32(byItem.offsets)
    const itemUsers = pool.copyI32(byItem.columns)
    const norms = pool.f32(items)
    let longest = 0
    for (let i = 0; i < items; i++) {
      const count = byItem.offsets[i + 1] - byItem.offsets[i]
      longest = Math.max(longest, count)
      norms[i] = count === 0 ? 0 : 1 / Math.sqrt(count)
    }
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
    const lists = Math.min(byItem.columns.length, keep * longest)
    const solution = [ids, counts, lengths, weights].map((array) => array.byteOffset)
    await pool.run({
      kernel: 'localSolve',
      tasks: items,
      chunk: Math.max(64, Math.ceil(items / 256)),
      scratchBytes: 4 * (keep * keep + 12 * keep) + 12 * byUser.rowCount + lists,
      args: [itemOffsets.byteOffset, itemUsers.byteOffset, ...solution, job.lambda, keep, byUser.rowCount],
    })
    for (let item = 0; item < items; item++) {
      const from = item * keep
      const to = from + lengths[item]
      visit(item, weights.subarray(from, to), ids.subarray(from, to))
    }
    job.onProgress?.(items, items)
  })
}
