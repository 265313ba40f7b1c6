import { expect, test } from 'vitest'
import { CELL_ROLE, type CellEntry, type CellRole } from '#contract/shard-table'
import { chooseCells } from './choose-cells.ts'
import { shareOut } from './share-out.ts'
import { seededRandom } from './synthetic-model.ts'

const ref = { hash: '', sizeBytes: 0 }
const cell = (role: CellRole, itemCount = 100): CellEntry => ({
  role,
  itemCount,
  popularity: 100,
  group: -1,
  objects: { vectors: [], voters: ref, columns: ref, cards: [] },
})

/** A head, 40 cells around a circle, and a fresh cell at the end. */
const angles = Array.from({ length: 40 }, (_, i) => (i / 40) * 2 * Math.PI)
const table = {
  dim: 2,
  cells: [cell(CELL_ROLE.head), ...angles.map(() => cell(CELL_ROLE.cell)), cell(CELL_ROLE.fresh)],
  centroids: Int8Array.from(
    [0, 0, ...angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]), 0, 0],
    (value) => value * 100,
  ),
}
const towards = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle))
const base = { table, scales: [1, 1], decoys: [] }

test('chooseCells gives everybody the head and what is new first, then what is near each interest, by its share', () => {
  const interests = [
    { direction: towards(0), share: 0.75 },
    { direction: towards(Math.PI), share: 0.25 },
  ]
  const { order, decoys } = chooseCells({ ...base, room: 1_300, interests, random: seededRandom(1) })
  expect(order.slice(0, 2)).toEqual([0, 41])
  expect(order.length).toBe(13)
  expect(decoys.length).toBe(3)
  const wanted = order.slice(2).filter((index) => !decoys.includes(index))
  const isNear = (index: number, angle: number) => Math.cos(angles[index - 1] - angle) > 0.6
  expect(wanted.filter((index) => isNear(index, 0)).length).toBeGreaterThanOrEqual(5)
  expect(wanted.filter((index) => isNear(index, Math.PI)).length).toBeGreaterThanOrEqual(1)
})

test('chooseCells keeps the decoys of the last choice, and follows the public order without interests', () => {
  const interests = [{ direction: towards(1), share: 1 }]
  const first = chooseCells({ ...base, room: 1_300, interests, random: seededRandom(1) })
  const second = chooseCells({ ...base, room: 1_300, interests, decoys: first.decoys, random: seededRandom(9) })
  expect([...second.decoys].sort()).toEqual([...first.decoys].sort())
  const unknown = chooseCells({ ...base, room: 1_300, interests: [], random: seededRandom(1) })
  expect(unknown.order).toEqual([0, 41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('chooseCells takes a cell of longer items before a nearer one whose items cannot score as high', () => {
  const cells = [CELL_ROLE.head, CELL_ROLE.cell, CELL_ROLE.cell, CELL_ROLE.cell].map((role) => cell(role))
  const near = { dim: 2, cells, centroids: Int8Array.of(0, 0, 50, 0, 80, 60, -90, 0) }
  const interests = [{ direction: towards(0), share: 1 }]
  const { order } = chooseCells({ ...base, table: near, room: 300, interests, decoys: [3], random: seededRandom(1) })
  expect(new Set(order)).toEqual(new Set([0, 2, 3]))
})

test('shareOut gives each list places by its share, without repeats, and goes on with the others when one ends', () => {
  const lists = [Int32Array.of(1, 2, 3, 4), Int32Array.of(3, 9), Int32Array.of()]
  expect([...shareOut(lists, [0.6, 0.3, 0.1], 5)]).toEqual([1, 2, 3, 4, 9])
  expect([...shareOut([], [], 3)]).toEqual([])
})
