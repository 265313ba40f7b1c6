import { describe, expect, test } from 'vitest'
import { orderCrc } from './cell-order.ts'
import type { ColumnCell } from './columns.ts'
import { applyPatch, type CellParts, decodePatch, encodePatch, mergeParts } from './patch.ts'

const shardMalformed = expect.objectContaining({ code: 'shard-malformed' })

/** Parts of some items; every value tells the item and the round that it was written in. */
function partsOf(numbers: readonly number[], round: number, { dim = 2, weightStep = 0.5 } = {}): CellParts {
  const itemNos = Uint32Array.from(numbers)
  const crc = orderCrc(itemNos)
  const bytes = (shift: number) => Uint8Array.from(numbers, (n) => (n + round + shift) % 200)
  const voters = numbers.map((n) => (n + round) % 3)
  const tags = numbers.map((n) => (n + round) % 2)
  const offsetsOf = (counts: readonly number[]) => {
    const offsets = new Uint32Array(counts.length + 1)
    counts.forEach((count, i) => {
      offsets[i + 1] = (offsets[i] ?? 0) + count
    })
    return offsets
  }
  const columns: ColumnCell = {
    itemNos,
    orderCrc: crc,
    popularity: bytes(0),
    trending: bytes(1),
    clickRate: bytes(2),
    conversionRate: bytes(3),
    quality: bytes(4),
    flags: bytes(5),
    category: Uint16Array.from(numbers, (n) => n + round),
    createdDay: Uint16Array.from(numbers, (n) => 9_000 + n),
    price: Float32Array.from(numbers, (n) => n + round / 4),
    tagOffsets: offsetsOf(tags),
    tags: Uint16Array.from(numbers.flatMap((n, i) => new Array<number>(tags[i] ?? 0).fill(n + round))),
    priorMean: bytes(6),
    priorStrength: bytes(7),
  }
  return {
    columns,
    vectors: [
      {
        itemCount: numbers.length,
        dim,
        orderCrc: crc,
        quantised: Int8Array.from(numbers.flatMap((n) => Array.from({ length: dim }, (_, d) => n + 10 * round + d))),
      },
    ],
    voters: {
      itemCount: numbers.length,
      orderCrc: crc,
      weightStep,
      offsets: offsetsOf(voters),
      source: Uint32Array.from(voters.flatMap((count) => Array.from({ length: count }, (_, k) => 7 * k + round))),
      weights: Int8Array.from(voters.flatMap((count) => new Array<number>(count).fill(1 + round))),
    },
  }
}

const BASE = partsOf([2, 3, 5, 8], 0)
const NEWER = partsOf([3, 8], 4)

describe('a patch', () => {
  test('puts its rows in the places of the cell’s, and leaves the others bit for bit', () => {
    const patch = decodePatch(encodePatch({ baseCrc: BASE.columns.orderCrc, parts: NEWER }))
    const { columns, vectors, voters } = applyPatch(BASE, patch)
    expect(columns.itemNos).toEqual(BASE.columns.itemNos)
    expect(Array.from(vectors[0]?.quantised ?? [])).toEqual([2, 3, 43, 44, 5, 6, 48, 49])
    expect(Array.from(columns.category)).toEqual([2, 7, 5, 12])
    expect(Array.from(columns.price)).toEqual([2, 4, 5, 9])
    expect(Array.from(columns.tagOffsets)).toEqual([0, 0, 1, 2, 2])
    expect(Array.from(columns.tags)).toEqual([7, 5])
    expect(Array.from(voters.offsets)).toEqual([0, 2, 3, 5, 5])
    expect(Array.from(voters.source)).toEqual([0, 7, 4, 0, 7])
    expect(Array.from(voters.weights)).toEqual([1, 1, 5, 1, 1])
    expect(Array.from(columns.popularity)).toEqual([2, 7, 5, 12])
  })

  test('merges with an older one, item by item, as if both were applied in turn', () => {
    const latest = partsOf([2, 3], 9)
    const baseCrc = BASE.columns.orderCrc
    const merged = mergeParts(NEWER, latest)
    expect(Array.from(merged.columns.itemNos)).toEqual([2, 3, 8])
    const inTurn = applyPatch(applyPatch(BASE, { baseCrc, parts: NEWER }), { baseCrc, parts: latest })
    expect(applyPatch(BASE, { baseCrc, parts: merged })).toEqual(inTurn)
  })

  test('without votes fits a cell with any step, and the other way round', () => {
    const baseCrc = BASE.columns.orderCrc
    const silent = partsOf([3], 0, { weightStep: 8 })
    expect(applyPatch(BASE, { baseCrc, parts: silent }).voters.weightStep).toBe(0.5)
    const quiet = partsOf([3, 6], 0, { weightStep: 8 })
    const voted = applyPatch(quiet, { baseCrc: quiet.columns.orderCrc, parts: partsOf([3], 1) })
    expect(voted.voters.weightStep).toBe(0.5)
  })

  test.each([
    ['another cell', { baseCrc: 1, parts: NEWER }],
    ['items that the cell does not have', { baseCrc: BASE.columns.orderCrc, parts: partsOf([3, 9], 1) }],
    ['other spaces', { baseCrc: BASE.columns.orderCrc, parts: partsOf([3], 1, { dim: 3 }) }],
    ['fewer spaces', { baseCrc: BASE.columns.orderCrc, parts: { ...NEWER, vectors: [] } }],
    ['another step of weights', { baseCrc: BASE.columns.orderCrc, parts: partsOf([3], 1, { weightStep: 0.25 }) }],
  ])('of %s is refused', (_, patch) => {
    expect(() => applyPatch(BASE, patch)).toThrow(shardMalformed)
  })

  test('whose parts are of different items is refused', () => {
    const mixed = { ...NEWER, voters: partsOf([3, 5], 4).voters }
    expect(() => decodePatch(encodePatch({ baseCrc: 1, parts: mixed }))).toThrow(shardMalformed)
  })

  test('with any bit flipped is refused', () => {
    const bytes = encodePatch({ baseCrc: BASE.columns.orderCrc, parts: NEWER })
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice()
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      expect(() => decodePatch(damaged)).toThrow()
    }
  })
})
