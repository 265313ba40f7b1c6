import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { loadDataset } from '../ingest/load-dataset.ts'

/** One user to recommend for, and what there is to find. */
export type TestUser = {
  readonly id: string
  /** Rows of the training log, oldest first; empty for a user who is not in it. */
  readonly known: Int32Array
  /** Time of the first test row, NaN without real times. */
  readonly at: number
  /** Item indices; items that training never saw have negative ones, so that they count and cannot be hit. */
  readonly truth: ReadonlySet<number>
}

type ReadOptions = {
  readonly test: readonly string[]
  readonly items: readonly string[]
  readonly config: Config
  readonly nowMs: number
}

/** Reads the test files against a training dataset; users in order of first appearance. @throws RecError `input-malformed` when there is none. */
export async function readTestUsers(dataset: Dataset, options: ReadOptions): Promise<TestUser[]> {
  const { dataset: test } = await loadDataset({
    interactions: options.test,
    config: options.config,
    mode: 'drop-nothing',
    nowMs: options.nowMs,
  })
  const userIndex = new Map(dataset.users.map((id, user) => [id, user]))
  const itemIndex = new Map(dataset.items.map(({ id }, item) => [id, item]))
  const { userOffsets } = dataset.interactions
  const log = test.interactions
  const users = test.users.map((id, user): TestUser => {
    const truth = new Set<number>()
    for (let k = log.userOffsets[user]; k < log.userOffsets[user + 1]; k++)
      truth.add(itemIndex.get(test.items[log.item[k]].id) ?? -1 - log.item[k])
    const own = userIndex.get(id)
    const known = own === undefined ? new Int32Array(0) : range(userOffsets[own], userOffsets[own + 1])
    const timed = log.order === 'time' && dataset.interactions.order === 'time'
    return { id, known, at: timed ? log.at[log.userOffsets[user]] : Number.NaN, truth }
  })
  if (users.length === 0) throw new RecError('input-malformed', 'the test files hold no usable row')
  return users
}

function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i)
}
