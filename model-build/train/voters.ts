import type { Interactions } from '../dataset.ts'
import { visitDualColumns, visitPrimalColumns } from './ease.ts'
import { type SparseRows, toPlacedRows, toSparseRows, transposeRows } from './interaction-matrix.ts'
import { type LocalEaseJob, visitGivenColumns, visitLocalColumns } from './local-ease.ts'
import { createPicker, type Picked } from './pick-voters.ts'
import { type KernelPool, withPool } from './thread-pool.ts'

/** Side of the dense matrix up to which 'auto' solves EASE exactly. */
export const DENSE_LIMIT = 12_000
const DUAL_LIMIT = 8_000
/** Most steps of the dual form's product that 'auto' accepts: about half a minute on two cores. */
const DUAL_STEPS = 5e10

/** Ridge under which sources are picked, over that of the picked: among all items a weak one picks what fits noise. */
const PICKING_RIDGE = 10

/** `directed` is `sparse` that also learns what follows what; for logs with order. */
export type VoterMethod = 'auto' | 'ease' | 'sparse' | 'directed'

export type VoterOptions = {
  /** Voters kept per candidate in the mean, default 20; at most twelve times as many for one. */
  readonly votersPerItem?: number
  /** A pair shared by fewer distinct users is dropped, >= 1. */
  readonly minSupport: number
  /** Ridge of the regression on the voters kept, in users, > 0. */
  readonly lambda: number
  /** Whether items may speak against others; false by default. */
  readonly against?: boolean | undefined
  readonly method: VoterMethod
  /** Co-occurring items per local solve of the sparse method, 8 … 256, default 96; the most popular items get 256. */
  readonly neighbours?: number
  readonly userSubset?: Int32Array
  readonly pool?: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

/** Voters of candidate i are entries `offsets[i] … offsets[i + 1] - 1`, ascending by source, no weight is 0; one below speaks against it. */
export type Voters = {
  readonly offsets: Int32Array
  readonly source: Int32Array
  readonly weight: Float32Array
  /** What was run: exact EASE (through items or through users) or the local solves. */
  readonly method: 'ease' | 'ease-dual' | 'sparse' | 'directed'
}

/**
 * For each item the items whose presence in a history speaks most for it or against it, in two steps. The first picks: the largest weights into each item's column
 * of EASE's item-item matrix (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019), exact where min(users, items) allows a dense solve, else by
 * the same regression restricted to each item's nearest co-occurring items. The second solves EASE's regression again on what was picked alone (SLIM's support,
 * Ning & Karypis 2011), since weights of a whole matrix do not suit a part of it. Interactions count as 0 or 1. Candidates with no supported pair have no voters. Ties
 * go to the lower source; threads do not change the result.
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
  const { lambda, minSupport, against = false, neighbours = 96, votersPerItem = 20, onProgress } = options
  const job = { pool, byUser, byItem, directed: method === 'directed', onProgress }
  // Nearest items are supported as they are found; weights of a whole matrix are not.
  const isWhole = method === 'ease' || method === 'ease-dual'
  const picker = createPicker(byUser, byItem, { mean: votersPerItem, minSupport: isWhole ? minSupport : 1, against })
  const picking = { ...job, lambda: PICKING_RIDGE * lambda }
  if (method === 'ease') await visitPrimalColumns(picking, picker.pick)
  else if (method === 'ease-dual') await visitDualColumns(picking, picker.pick)
  else await visitLocalColumns({ ...picking, neighbours, minSupport }, picker.pick)
  const picked = picker.finish()
  const ridges = Float32Array.from({ length: byItem.rowCount }, (_, i) => {
    return lambda * Math.sqrt(Math.max(1, (picked.offsets[i + 1] - picked.offsets[i]) / votersPerItem))
  })
  return { ...(await weighPicked({ ...job, ridges, against }, picked)), method }
}

/** Solves the regression on the picked sources; weights that come out at 0, or below unless they may, are left out. */
async function weighPicked(
  job: LocalEaseJob & { readonly ridges: Float32Array; readonly against: boolean },
  picked: Picked,
): Promise<Omit<Voters, 'method'>> {
  const offsets = new Int32Array(picked.offsets.length)
  const source = new Int32Array(picked.source.length)
  const weight = new Float32Array(picked.source.length)
  let at = 0
  await visitGivenColumns(job, picked, (item, weights, sources) => {
    weights.forEach((value, k) => {
      if (!(value > 0 || (job.against && value < 0))) return
      source[at] = sources[k]
      weight[at++] = value
    })
    offsets[item + 1] = at
  })
  return { offsets, source: source.slice(0, at), weight: weight.slice(0, at) }
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
