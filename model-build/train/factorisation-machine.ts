import { createNormal, createRandom, shuffle } from './random.ts'
import type { KernelPool } from './thread-pool.ts'

const RECORD = 36
const FIRST_FACTOR = 4
const FACTORS = 16
const JOB_WORDS = 8

/** Sparse rows in pool memory: row r has entries `offsets[r] … offsets[r + 1] - 1` (feature number ≥ 1, value ≠ 0); labels 0 or 1. */
export type SparseExamples = {
  readonly offsets: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
  readonly labels: Float32Array
  readonly featureCount: number
}

export type MachineOptions = {
  readonly rate: number
  readonly l2: number
  readonly linearL2: number
  readonly seed: number
}

/** A machine in training: its parameters in pool memory and the rows it learns from. */
export type Machine = MachineOptions & { readonly params: Float32Array; readonly rows: Int32Array }

/** Makes a machine with small random factors. Entry 0 of its records is the bias, which starts at the rows' log-odds. */
export function createMachine(
  pool: KernelPool,
  examples: SparseExamples,
  rows: Int32Array,
  options: MachineOptions,
): Machine {
  const params = pool.f32(examples.featureCount * RECORD)
  const normal = createNormal(createRandom(options.seed))
  for (let at = RECORD; at < params.length; at += RECORD)
    for (let f = 0; f < FACTORS; f++) params[at + FIRST_FACTOR + f] = normal() * 0.05
  let positives = 1
  for (const row of rows) positives += examples.labels[row]
  params[0] = Math.log(positives / (rows.length + 2 - positives))
  return { ...options, params, rows: pool.copyI32(rows) }
}

/**
 * One pass over each machine's rows, machines side by side on the pool's threads: logistic loss, Adagrad, weight decay on what a row touches.
 * Source: Rendle, "Factorization Machines", ICDM 2010; d = 16. The order of rows derives from seed and epoch; the same on any number of threads.
 */
export async function trainEpoch(
  pool: KernelPool,
  examples: SparseExamples,
  machines: readonly Machine[],
  epoch: number,
): Promise<void> {
  await pool.scope(async () => {
    const jobs = pool.i32(machines.length * JOB_WORDS)
    const floats = new Float32Array(jobs.buffer, jobs.byteOffset, jobs.length)
    machines.forEach(({ rows, params, rate, l2, linearL2, seed }, m) => {
      shuffle(rows, createRandom(seed * 1000 + epoch))
      const at = m * JOB_WORDS
      jobs.set([rows.byteOffset, rows.length, params.byteOffset], at)
      floats.set([rate, l2, linearL2], at + 3)
    })
    const { offsets, columns, values, labels } = examples
    const args = [jobs, offsets, columns, values, labels].map((array) => array.byteOffset)
    await pool.run({ kernel: 'factorEpoch', tasks: machines.length, scratchBytes: 128, args })
  })
}

/** Log-odds that a machine gives rows, in their order. */
export async function machineScores(
  pool: KernelPool,
  examples: SparseExamples,
  machine: Machine,
  rows: Int32Array,
): Promise<Float32Array> {
  return pool.scope(async () => {
    const list = pool.copyI32(rows)
    const out = pool.f32(rows.length)
    const { offsets, columns, values } = examples
    const args = [list, machine.params, offsets, columns, values, out].map((array) => array.byteOffset)
    await pool.run({ kernel: 'factorScores', tasks: rows.length, chunk: 1024, scratchBytes: 128, args })
    return out.slice()
  })
}
