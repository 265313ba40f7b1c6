import type { SparseExamples } from '../train/factorisation-machine.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { entryStart, type Groups } from './groups.ts'
import { numbersByRow } from './number-columns.ts'
import { type Impressions, NO_LABEL } from './read-impressions.ts'

/** Quantile steps that a number is cut into. */
const STEPS = 20
/** Group values in fewer train rows than this share one feature. */
const RARE = 2

/** Rows as a factorisation machine reads them: one entry per group value (1 / sqrt(k) for a set of k) and per number's quantile step. */
export function machineExamples(pool: KernelPool, rows: Impressions, groups: readonly Groups[]): SparseExamples {
  const fields = [
    ...groups.map((group) => groupField(rows, group)),
    ...numbersByRow(rows).map(({ values }) => stepField(rows, values)),
  ]
  const offsets = pool.i32(rows.rowCount + 1)
  for (let r = 0; r < rows.rowCount; r++) {
    let width = 0
    for (const { entries } of fields) width += entryStart(entries, r + 1) - entryStart(entries, r)
    offsets[r + 1] = offsets[r] + width
  }
  const columns = pool.i32(offsets[rows.rowCount])
  const values = pool.f32(offsets[rows.rowCount])
  let first = 1
  const starts = fields.map(({ size }) => {
    first += size
    return first - size
  })
  for (let r = 0, at = 0; r < rows.rowCount; r++) {
    fields.forEach(({ entries }, f) => {
      const [from, to] = [entryStart(entries, r), entryStart(entries, r + 1)]
      const value = 1 / Math.sqrt(to - from)
      for (let k = from; k < to; k++) {
        columns[at] = starts[f] + entries.ids[k]
        values[at++] = value
      }
    })
  }
  const labels = pool.f32(rows.rowCount)
  for (let r = 0; r < rows.trainCount; r++) labels[r] = rows.label[r] === NO_LABEL ? 0 : rows.label[r]
  return { offsets, columns, values, labels, featureCount: first }
}

type Field = { readonly entries: Pick<Groups, 'offsets' | 'ids'> & Groups; readonly size: number }

/** Values by group with number 0 for what is missing, rare or unknown to the train rows. */
function groupField(rows: Impressions, group: Groups): Field {
  const counts = new Int32Array(group.size)
  for (let k = 0; k < entryStart(group, rows.trainCount); k++) if (group.ids[k] >= 0) counts[group.ids[k]]++
  const numbers = new Int32Array(group.size)
  let size = 1
  counts.forEach((count, id) => {
    if (count >= RARE) numbers[id] = size++
  })
  return { entries: { ...group, ids: group.ids.map((id) => (id < 0 ? 0 : numbers[id])) }, size }
}

function stepField(rows: Impressions, values: Float64Array): Field {
  const sorted = values
    .subarray(0, rows.trainCount)
    .filter((value) => !Number.isNaN(value))
    .sort()
  const cuts = Array.from({ length: STEPS - 1 }, (_, k) => sorted[Math.floor(((k + 1) / STEPS) * sorted.length)])
  const stepOf = (value: number) => (Number.isNaN(value) ? 0 : 1 + cuts.filter((cut) => cut < value).length)
  const ids = Int32Array.from(values, stepOf)
  return { entries: { name: '', owner: 'row', size: STEPS + 1, offsets: null, ids }, size: STEPS + 1 }
}
