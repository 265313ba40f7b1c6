import type { IngestConfig } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { bareItem, type IngestProgress, loadDataset } from './load-dataset.ts'
import type { IngestReport } from './report.ts'

export type LoadEvaluationOptions = {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly items: readonly string[]
  readonly config: IngestConfig
  readonly nowMs: number
  readonly onProgress?: (progress: IngestProgress) => void
}

/** What `evaluate` fits on and what it looks for, in one numbering of items. */
export type EvaluationData = {
  /** Train rows; the catalogue is that of the items files, then items only in train, then items only in test. */
  readonly train: Dataset
  /** Text ids of the tested users, in order of first appearance in the test files. */
  readonly testUsers: readonly string[]
  /** Index of each tested user in `train.users`, -1 for one without train rows. */
  readonly trainUser: Int32Array
  /** Length testUsers.length + 1; test items of the t-th user are `testItems[testOffsets[t] … testOffsets[t + 1] - 1]`, without repeats. */
  readonly testOffsets: Int32Array
  /** Index into `train.items`. */
  readonly testItems: Int32Array
  /** Items that no train row and no items file names; nothing can know them. */
  readonly unknownItems: number
  /** Test pairs that are train pairs as well; being masked they cannot be found, and they still count in recall's denominator. */
  readonly repeatedPairs: number
  readonly trainReport: IngestReport
  readonly testReport: IngestReport
}

/**
 * Reads train and test files for `evaluate`: nothing is dropped that has a user and an item, and user ids stay text.
 * @throws RecError `input-missing` or `input-malformed`.
 */
export async function loadEvaluation(options: LoadEvaluationOptions): Promise<EvaluationData> {
  const common = {
    config: options.config,
    mode: 'drop-nothing',
    nowMs: options.nowMs,
    onProgress: options.onProgress,
  } as const
  const train = await loadDataset({ ...common, interactions: options.train, items: options.items })
  const test = await loadDataset({ ...common, interactions: options.test })
  const items = [...train.dataset.items]
  const indexOf = new Map(items.map((item, index) => [item.id, index]))
  const known = items.length
  const toTrain = Int32Array.from(test.dataset.items, ({ id }) => {
    const index = indexOf.get(id) ?? items.length
    if (index === items.length) items.push(bareItem(id))
    return index
  })
  const userOf = new Map(train.dataset.users.map((id, index) => [id, index]))
  const trainUser = Int32Array.from(test.dataset.users, (id) => userOf.get(id) ?? -1)
  const testItems = test.dataset.interactions.item.map((index) => toTrain[index] ?? 0)
  const interactions = { ...train.dataset.interactions, itemCount: items.length }
  const testOffsets = test.dataset.interactions.userOffsets
  return {
    train: { users: train.dataset.users, items, interactions },
    testUsers: test.dataset.users,
    trainUser,
    testOffsets,
    testItems,
    unknownItems: items.length - known,
    repeatedPairs: countRepeated(
      { users: train.dataset.users, items, interactions },
      trainUser,
      testOffsets,
      testItems,
    ),
    trainReport: train.report,
    testReport: test.report,
  }
}

function countRepeated(train: Dataset, trainUser: Int32Array, testOffsets: Int32Array, testItems: Int32Array): number {
  const { userOffsets, item } = train.interactions
  const stamp = new Int32Array(train.items.length).fill(-1)
  let repeated = 0
  for (const [t, user] of trainUser.entries()) {
    if (user < 0) continue
    for (let row = userOffsets[user] ?? 0; row < (userOffsets[user + 1] ?? 0); row++) stamp[item[row] ?? 0] = t
    for (let k = testOffsets[t] ?? 0; k < (testOffsets[t + 1] ?? 0); k++) if (stamp[testItems[k] ?? 0] === t) repeated++
  }
  return repeated
}
