import type { CardCell } from '#contract/cards'
import { type CellRows, cellOf } from './cell-rows.ts'

/**
 * Finds rows by text id over an open-addressing table of 4-byte slots at most half full; texts stay in the cards and are
 * compared there. The table is made at the first call.
 */
export function createIdIndex(rows: readonly CellRows[], cards: readonly (CardCell | null)[]): (id: string) => number {
  let table: Uint32Array | null = null
  let idOf: (row: number) => string | undefined = () => undefined
  return (id) => {
    if (table === null) {
      idOf = createReader(rows, cards)
      table = fill(rows, cards)
    }
    const mask = table.length - 1
    for (let slot = hashText(id) & mask; table[slot] !== 0; slot = (slot + 1) & mask)
      if (idOf(table[slot] - 1) === id) return table[slot] - 1
    return -1
  }
}

function fill(rows: readonly CellRows[], cards: readonly (CardCell | null)[]): Uint32Array {
  const count = rows.at(-1)?.to ?? 0
  let size = 4
  while (size < count * 2) size *= 2
  const table = new Uint32Array(size)
  rows.forEach(({ from, to }, c) => {
    const cell = cards[c]
    if (cell === null || cell === undefined) return
    for (let row = from; row < to; row++) {
      let slot = hashText(cell.id(row - from)) & (size - 1)
      while (table[slot] !== 0) slot = (slot + 1) & (size - 1)
      table[slot] = row + 1
    }
  })
  return table
}

function createReader(
  rows: readonly CellRows[],
  cards: readonly (CardCell | null)[],
): (row: number) => string | undefined {
  return (row) => {
    const c = cellOf(rows, row)
    return c < 0 ? undefined : cards[c]?.id(row - rows[c].from)
  }
}

/** FNV-1a over UTF-16 units, mixed once more so that low bits depend on all. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}
