import type { CategoryColumn } from './click-columns.ts'
import type { Impressions, OwnedColumn, Owner } from './read-impressions.ts'

/** Numbers that rows belong to, for statistics over rows that share one: row r has entries `offsets[r] … offsets[r + 1] - 1`, each -1 or 0 … size - 1. */
export type Groups = {
  readonly name: string
  readonly owner: Owner
  readonly size: number
  /** null where every row has one entry. */
  readonly offsets: Int32Array | null
  readonly ids: Int32Array
}

/** Groups of two columns together, with the group of each column that a pair is made of. */
export type PairGroups = Groups & { readonly first: Int32Array; readonly second: Int32Array }

/** Which user or item (or row itself) a row's column is looked up by. */
function ownerOf(rows: Impressions, owner: Owner): Int32Array | undefined {
  return owner === 'row' ? undefined : owner === 'user' ? rows.user : rows.item
}

/** One group per user, per item and per value of each category column. */
export function singleGroups(rows: Impressions): Groups[] {
  const ids = [
    { name: 'user', owner: 'user', size: rows.userIds.length, offsets: null, ids: rows.user },
    { name: 'item', owner: 'item', size: rows.itemIds.length, offsets: null, ids: rows.item },
  ] as const
  const categories = rows.columns.filter(
    (column): column is CategoryColumn & { owner: Owner } => column.kind === 'category',
  )
  return [...ids, ...categories.map((column) => byRow(rows, column))]
}

function byRow(rows: Impressions, column: OwnedColumn & CategoryColumn): Groups {
  const { name, owner, size } = column
  const owners = ownerOf(rows, owner)
  const isSingle = column.offsets.every((offset, k) => k === 0 || offset - column.offsets[k - 1] <= 1)
  const at = (row: number) => (owners === undefined ? row : owners[row])
  if (isSingle) {
    const one = (o: number) =>
      o < 0 || column.offsets[o] === column.offsets[o + 1] ? -1 : column.codes[column.offsets[o]]
    return { name, owner, size, offsets: null, ids: Int32Array.from({ length: rows.rowCount }, (_, r) => one(at(r))) }
  }
  const offsets = new Int32Array(rows.rowCount + 1)
  for (let r = 0; r < rows.rowCount; r++) {
    const o = at(r)
    offsets[r + 1] = offsets[r] + (o < 0 ? 0 : column.offsets[o + 1] - column.offsets[o])
  }
  const ids = new Int32Array(offsets[rows.rowCount])
  for (let r = 0; r < rows.rowCount; r++) {
    const o = at(r)
    if (o >= 0) ids.set(column.codes.subarray(column.offsets[o], column.offsets[o + 1]), offsets[r])
  }
  return { name, owner, size, offsets, ids }
}

/** Where row `row`'s entries start; the end is that of `row + 1`. */
export function entryStart({ offsets }: Groups, row: number): number {
  return offsets === null ? row : offsets[row]
}

/** All combinations of two groups' entries, row by row. */
export function pairGroups(a: Groups, b: Groups, rowCount: number): PairGroups {
  const offsets = new Int32Array(rowCount + 1)
  for (let r = 0; r < rowCount; r++) {
    const width = (entryStart(a, r + 1) - entryStart(a, r)) * (entryStart(b, r + 1) - entryStart(b, r))
    offsets[r + 1] = offsets[r] + width
  }
  const ids = new Int32Array(offsets[rowCount])
  const table = new PairTable()
  for (let r = 0, at = 0; r < rowCount; r++) {
    for (let i = entryStart(a, r); i < entryStart(a, r + 1); i++) {
      for (let j = entryStart(b, r); j < entryStart(b, r + 1); j++) {
        const [first, second] = [a.ids[i], b.ids[j]]
        ids[at++] = first < 0 || second < 0 ? -1 : table.numberOf(first, second)
      }
    }
  }
  const isSingle = a.offsets === null && b.offsets === null
  const { first, second } = table.finish()
  return {
    name: `${a.name} × ${b.name}`,
    owner: 'row',
    size: first.length,
    offsets: isSingle ? null : offsets,
    ids,
    first,
    second,
  }
}

/** Numbers pairs of non-negative integers in order of appearance; open addressing. */
class PairTable {
  #slots = new Int32Array(1 << 12).fill(-1)
  #first = new Int32Array(1 << 11)
  #second = new Int32Array(1 << 11)
  #count = 0

  numberOf(first: number, second: number): number {
    const mask = this.#slots.length - 1
    let slot = hash(first, second) & mask
    for (let held = this.#slots[slot]; held >= 0; held = this.#slots[slot]) {
      if (this.#first[held] === first && this.#second[held] === second) return held
      slot = (slot + 1) & mask
    }
    const number = this.#count++
    this.#slots[slot] = number
    this.#first[number] = first
    this.#second[number] = second
    if (this.#count === this.#first.length) this.#grow()
    return number
  }

  finish(): { readonly first: Int32Array; readonly second: Int32Array } {
    return { first: this.#first.slice(0, this.#count), second: this.#second.slice(0, this.#count) }
  }

  #grow(): void {
    const larger = (old: Int32Array) => {
      const array = new Int32Array(old.length * 2)
      array.set(old)
      return array
    }
    this.#first = larger(this.#first)
    this.#second = larger(this.#second)
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = this.#slots.length - 1
    for (let k = 0; k < this.#count; k++) {
      let slot = hash(this.#first[k], this.#second[k]) & mask
      while (this.#slots[slot] >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = k
    }
  }
}

function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return h ^ (h >>> 13)
}
