/** Rows from … to - 1 of one resident cell. */
export type CellRows = {
  /** Place of the cell in the shard table. */
  readonly cellIndex: number
  readonly role: number
  /** Graph group, -1 none. */
  readonly group: number
  readonly from: number
  readonly to: number
}

/** Index into `cells` of the cell that holds a row, or -1. */
export function cellOf(cells: readonly CellRows[], row: number): number {
  let from = 0
  let to = cells.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (cells[middle].to <= row) from = middle + 1
    else to = middle
  }
  return from < cells.length && row >= cells[from].from ? from : -1
}
