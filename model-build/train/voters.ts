import type { Interactions } from '../dataset.ts'
import { type ColumnVisitor, visitDualColumns, visitPrimalColumns } from './ease.ts'
import { type SparseRows, toPlacedRows, toSparseRows, transposeRows } from './interaction-matrix.ts'
import { visitLocalColumns } from './local-ease.ts'
import { type KernelPool, withPool } from './thread-pool.ts'

/** Side of the dense matrix up to which 'auto' solves EASE exactly. */
export const DENSE_LIMIT = 12_000
const DUAL_LIMIT = 8_000
/** Most steps of the dual form's product that 'auto' accepts: about half a minute on two cores. */
const DUAL_STEPS = 5e10

/** `directed` is `sparse` that also learns what follows what; for logs with order. */
export type VoterMethod = 'auto' | 'ease' | 'sparse' | 'directed'

export type VoterOptions = {
  /** Voters kept per candidate, default 20. */
  readonly votersPerItem?: number
  /** A pair shared by fewer distinct users is dropped, >= 1. */
  readonly minSupport: number
  /** Ridge of EASE, in units of users, > 0. */
  readonly lambda: number
  readonly method: VoterMethod
  /** Co-occurring items per local solve of the sparse method, a multiple of 8 up to 256, default 96. */
  readonly neighbours?: number
  readonly userSubset?: Int32Array
  readonly pool?: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

/** Voters of candidate i are entries `offsets[i] … offsets[i + 1] - 1`, ascending by source, all weights > 0. */
export type Voters = {
  readonly offsets: Int32Array
  readonly source: Int32Array
  readonly weight: Float32Array
  /** What was run: exact EASE (through items or through users) or the local solves. */
  readonly method: 'ease' | 'ease-dual' | 'sparse' | 'directed'
}

/**
 * For each item the items whose presence in a history speaks most for it: the largest weights into its column of EASE's item-item matrix
 * (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019), exact where min(users, items) allows a dense solve, else by the
 * same regression restricted to each item's nearest co-occurring items (SLIM's support, Ning & Karypis 2011, EASE's loss). Interactions
 * count as 0 or 1. Candidates with no supported pair have no voters. Ties go to the lower source; threads do not change the result.
 */
export function trainVoters(log: Interactions, options: VoterOptions): Promise<Voters> {
  return withPool(options.pool, (pool) => {
    return votersOfRows(pool, voterRows(log, options), options)
  })
}

/** What voters of a method are trained on. */
export function voterRows(
  log: Interactions,
  { method, userSubset }: Pick<VoterOptions, 'method' | 'userSubset'>,
): SparseRows {
  return method === 'directed' ? toPlacedRows(log, userSubset) : toSparseRows(log, { userSubset, weights: 'none' })
}

/** `trainVoters` on `voterRows` that are already there. */
export async function votersOfRows(pool: KernelPool, byUser: SparseRows, options: VoterOptions): Promise<Voters> {
  const byItem = transposeRows(byUser)
  const method = chooseMethod(options.method, byUser)
  const limit = options.votersPerItem ?? 20
  const picker = createPicker(byUser, byItem, { limit, minSupport: options.minSupport })
  const visit: ColumnVisitor = (item, weights, sources) => picker.pick(item, weights, sources)
  const job = { pool, byUser, byItem, lambda: options.lambda, onProgress: options.onProgress }
  if (method === 'ease') await visitPrimalColumns(job, visit)
  else if (method === 'ease-dual') await visitDualColumns(job, visit)
  else {
    const { neighbours = 96, minSupport } = options
    await visitLocalColumns({ ...job, neighbours, minSupport, directed: method === 'directed' }, visit)
  }
  return { ...picker.finish(), method }
}

/** Which of the three a log of this shape gets. */
export function chooseMethod(method: VoterMethod, byUser: SparseRows): Voters['method'] {
  if (method === 'sparse' || method === 'directed') return method
  const users = byUser.rowCount
  const items = byUser.columnCount
  const steps = items * byUser.columns.length
  const fitsDual = users <= DUAL_LIMIT && steps <= DUAL_STEPS
  if (method === 'auto' && !fitsDual && items > DENSE_LIMIT) return 'sparse'
  if (!fitsDual) return 'ease'
  return items <= DENSE_LIMIT && items ** 3 <= users ** 3 + 30 * steps ? 'ease' : 'ease-dual'
}

type Picker = {
  readonly pick: ColumnVisitor
  readonly finish: () => Omit<Voters, 'method'>
}

/** Collects the best supported sources of each column; columns may come in any order. */
function createPicker(
  byUser: SparseRows,
  byItem: SparseRows,
  options: { readonly limit: number; readonly minSupport: number },
): Picker {
  const { limit, minSupport } = options
  const items = byItem.rowCount
  const bestSource = new Int32Array(items * limit)
  const bestWeight = new Float32Array(items * limit)
  const sizes = new Int32Array(items)
  const support = minSupport > 1 ? new Int32Array(items) : undefined
  const pick: ColumnVisitor = (item, weights, sources) => {
    if (support !== undefined) countShared(byUser, byItem, item, support)
    const base = item * limit
    let size = 0
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]
      if (!(weight > 0) || (size === limit && weight <= bestWeight[base + size - 1])) continue
      const source = sources === undefined ? k : sources[k]
      if (source === item || (support !== undefined && support[source] < minSupport)) continue
      let at = size < limit ? size++ : size - 1
      for (; at > 0 && bestWeight[base + at - 1] < weight; at--) {
        bestWeight[base + at] = bestWeight[base + at - 1]
        bestSource[base + at] = bestSource[base + at - 1]
      }
      bestWeight[base + at] = weight
      bestSource[base + at] = source
    }
    sizes[item] = size
  }
  return { pick, finish: () => compact({ limit, bestSource, bestWeight, sizes }) }
}

function countShared(byUser: SparseRows, byItem: SparseRows, item: number, support: Int32Array): void {
  support.fill(0)
  for (let k = byItem.offsets[item]; k < byItem.offsets[item + 1]; k++) {
    const user = byItem.columns[k]
    for (let p = byUser.offsets[user]; p < byUser.offsets[user + 1]; p++) support[byUser.columns[p]]++
  }
}

function compact(best: {
  readonly limit: number
  readonly bestSource: Int32Array
  readonly bestWeight: Float32Array
  readonly sizes: Int32Array
}): Omit<Voters, 'method'> {
  const items = best.sizes.length
  const offsets = new Int32Array(items + 1)
  for (let i = 0; i < items; i++) offsets[i + 1] = offsets[i] + best.sizes[i]
  const source = new Int32Array(offsets[items])
  const weight = new Float32Array(offsets[items])
  for (let i = 0; i < items; i++) {
    const order = Array.from({ length: best.sizes[i] }, (_, k) => i * best.limit + k)
    order.sort((a, b) => best.bestSource[a] - best.bestSource[b])
    order.forEach((at, k) => {
      source[offsets[i] + k] = best.bestSource[at]
      weight[offsets[i] + k] = best.bestWeight[at]
    })
  }
  return { offsets, source, weight }
}
