import {
  createMachine,
  type Machine,
  type MachineOptions,
  machineScores,
  type SparseExamples,
  trainEpoch,
} from '../train/factorisation-machine.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Blocks } from './blocks.ts'
import { logLossOfLogOdds } from './click-metrics.ts'
import { machineExamples } from './machine-features.ts'
import type { Impressions } from './read-impressions.ts'
import { type FeatureColumn, historyOf, rowsOf, type StatisticPlan } from './statistic-features.ts'

const DECAYS = [0.01, 0.03, 0.1]
const MOST_EPOCHS = 30
const RATE = 0.1
/** Machines that differ in their random start, whose log-odds are averaged. */
const STARTS = 3

export type MachineChoice = { readonly l2: number; readonly epochs: number; readonly loss: number }

/**
 * Log-odds of a factorisation machine over user, item and all columns, for each row from its block's history. Weight decay and epochs are
 * chosen on the validation block.
 */
export async function machineColumn(
  rows: Impressions,
  blocks: Blocks,
  plan: StatisticPlan,
  job: { readonly pool: KernelPool; readonly judged: number; readonly seed: number },
): Promise<{ readonly column: FeatureColumn; readonly choice: MachineChoice }> {
  const { pool, judged, seed } = job
  return pool.scope(async () => {
    const examples = machineExamples(
      pool,
      rows,
      plan.singles.map(({ groups }) => groups),
    )
    const values = new Float32Array(rows.rowCount)
    const fill = async (block: number, machine: Machine) => {
      const own = rowsOf(rows, blocks, block)
      const scores = await machineScores(pool, examples, machine, own)
      own.forEach((row, k) => {
        values[row] += scores[k] / STARTS
      })
    }
    const make = (block: number, options: MachineOptions) =>
      createMachine(pool, examples, historyOf(rows, blocks, block).rows, options)
    const options = DECAYS.map((l2) => ({ rate: RATE, l2, linearL2: l2 / 10, seed }))
    const own = rowsOf(rows, blocks, judged)
    const choice = await search(
      pool,
      examples,
      options.map((option) => make(judged, option)),
      own,
    )
    const wanted = [...blocks.learnt, blocks.count]
    for (let start = 0; start < STARTS; start++) {
      await pool.scope(async () => {
        const final = { rate: RATE, l2: choice.l2, linearL2: choice.l2 / 10, seed: seed + start }
        const machines = wanted.map((block) => make(block, final))
        for (let epoch = 1; epoch <= choice.epochs; epoch++) await trainEpoch(pool, examples, machines, epoch)
        for (const [k, block] of wanted.entries()) await fill(block, machines[k])
      })
    }
    return { column: { name: 'factorisation machine', values }, choice }
  })
}

/** Trains all machines until none gets better on the rows judged. */
async function search(
  pool: KernelPool,
  examples: SparseExamples,
  machines: readonly Machine[],
  own: Int32Array,
): Promise<MachineChoice> {
  const labels = Float32Array.from(own, (row) => examples.labels[row])
  let best: MachineChoice = { l2: machines[0].l2, epochs: 1, loss: Number.POSITIVE_INFINITY }
  for (let epoch = 1, since = 0; epoch <= MOST_EPOCHS && since < 2; epoch++, since++) {
    await trainEpoch(pool, examples, machines, epoch)
    for (const machine of machines) {
      const loss = logLossOfLogOdds(await machineScores(pool, examples, machine, own), labels)
      if (loss < best.loss - 1e-5) {
        best = { l2: machine.l2, epochs: epoch, loss }
        since = -1
      }
    }
  }
  return best
}
