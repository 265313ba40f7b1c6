import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '#worker/core/synthetic-model'

/** Columns of a row. */
export const FEATURES = 32
/** Rows of a query. */
export const DOCUMENTS = 20

/** Of the rows: those with labels 4, 3, 2 and 1; the others have 0. */
const LABEL_SHARES = [0.05, 0.1, 0.15, 0.2] as const

/** Lists with graded labels. */
export type RankedLists = {
  readonly queries: number
  /** Row-major, queries × DOCUMENTS rows of FEATURES columns, multiples of 1/256: their texts are short and exact. */
  readonly features: Float32Array
  /** 0 … 4 per row. */
  readonly labels: Uint8Array
}

/**
 * Draws lists whose labels follow a hidden utility of eight columns: linear, products, a step and a hinge, with noise of the same size. The other columns say
 * nothing.
 */
export function drawLists(queries: number, seed: number): RankedLists {
  const random = seededRandom(seed)
  const normal = () => (random() + random() + random() + random() - 2) * Math.sqrt(3)
  const rows = queries * DOCUMENTS
  const features = new Float32Array(rows * FEATURES).map(() => Math.round(256 * normal()) / 256)
  const utility = Float64Array.from({ length: rows }, (_, row) => {
    const x = features.subarray(row * FEATURES, (row + 1) * FEATURES)
    const smooth = 0.8 * x[0] + 0.5 * x[1] + x[2] * x[3]
    return smooth + (x[4] > 0.5 ? 1 : 0) + Math.max(0, x[5]) * x[6] + 0.5 * x[7] ** 2 + 1.2 * normal()
  })
  return { queries, features, labels: labelsOf(utility) }
}

/** The best rows of all lists get the highest label. */
function labelsOf(utility: Float64Array): Uint8Array {
  const sorted = Float64Array.from(utility).sort().reverse()
  let share = 0
  const bounds = LABEL_SHARES.map((own) => {
    share += own
    return sorted[Math.floor(share * sorted.length)]
  })
  return Uint8Array.from(utility, (value) => bounds.filter((bound) => value > bound).length)
}

/** Writes lists as raw columns, `<name>.features` (f32) and `<name>.labels` (u8), and as `<name>.csv` (label first) with rows per query beside it. */
export function writeLists(dir: string, name: string, { queries, features, labels }: RankedLists): void {
  writeFileSync(join(dir, `${name}.features`), new Uint8Array(features.buffer))
  writeFileSync(join(dir, `${name}.labels`), labels)
  const lines = Array.from(labels, (label, row) =>
    [label, ...features.subarray(row * FEATURES, (row + 1) * FEATURES)].join(','),
  )
  writeFileSync(join(dir, `${name}.csv`), `${lines.join('\n')}\n`)
  writeFileSync(join(dir, `${name}.csv.query`), `${DOCUMENTS}\n`.repeat(queries))
}
