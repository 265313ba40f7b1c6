import type { Interactions } from '../dataset.ts'

/** A log without the marked rows; users and items keep their indices, also users of whom nothing is left. */
export function withoutRows(log: Interactions, isDropped: Uint8Array): Interactions {
  const isKept = (_: number, row: number) => isDropped[row] === 0
  const userOffsets = new Int32Array(log.userCount + 1)
  for (let user = 0; user < log.userCount; user++) {
    let kept = 0
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++) kept += isDropped[row] === 0 ? 1 : 0
    userOffsets[user + 1] = userOffsets[user] + kept
  }
  return {
    ...log,
    userOffsets,
    item: log.item.filter(isKept),
    weight: log.weight.filter(isKept),
    at: log.at.filter(isKept),
  }
}
