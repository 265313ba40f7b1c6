import { expect, test } from 'vitest'
import { cellOrder } from './head-cells.ts'
import { fillNormals, hits, parity } from './seeds.ts'
import { expandSeed } from './sums.ts'

/** Cells of 1,024 that histogram seeds hit at epsilon 2: count and the first eight. */
const HIST = [
  { seed: { hi: 1, lo: 0 }, count: 1_024, first: [0, 1, 2, 3, 4, 5, 6, 7] },
  { seed: { hi: 67108858, lo: 67108858 }, count: 0, first: [] },
  { seed: { hi: 12345678, lo: 87654 }, count: 120, first: [5, 10, 21, 32, 43, 48, 59, 70] },
  { seed: { hi: 33554430, lo: 55555555 }, count: 0, first: [] },
] as const

const NORMALS = [
  {
    seed: { hi: 0, lo: 0 },
    values: [
      -0.8106064763984608, -0.34141815014541055, 0.2530446188005272, 0.394022711364599, 0.6410408341263891,
      0.4984514916820766, 0.11489106125182523, -0.6570957359126975,
    ],
    last: 0.3751699013934931,
  },
  {
    seed: { hi: 4294967295, lo: 4294967295 },
    values: [
      1.1475785112231978, -0.6406345501633454, 0.03133200454328714, 0.16196704034430642, -0.026035149734021566,
      0.32001703479546945, 0.8450566657460239, 0.513615075086023,
    ],
    last: 0.42046794662853787,
  },
  {
    seed: { hi: 19088743, lo: 2309737967 },
    values: [
      -0.8577836670645818, 0.6808477084894067, -0.7604055498414192, 0.8869809065669055, 0.5285723701364613,
      0.8968405674087907, -0.9841716494485362, 2.020361535741657,
    ],
    last: 0.5219654458778472,
  },
] as const

const ORDER = [381, 464, 307, 771, 768, 717, 131, 455]

/** What every engine must compute alike: the same file runs in Node, in browsers and at the edge. */
export function goldenSeeds(): void {
  test('histogram seeds hit the same cells', () => {
    for (const { seed, count, first } of HIST) {
      const cells = expandSeed({ type: 'hist', size: 1_024, epsilon: 2 }, seed)
      const hit = Array.from(cells.keys()).filter((cell) => cells[cell] === 1)
      expect(hit.length).toBe(count)
      expect(hit.slice(0, 8)).toEqual(first)
      for (let cell = 0; cell < 1_024; cell++)
        expect(hits({ type: 'hist', size: 1_024, epsilon: 2 }, seed, cell)).toBe(cells[cell] === 1)
    }
  })

  test('normals of a seed differ by at most 1e-12', () => {
    for (const { seed, values, last } of NORMALS) {
      const normals = fillNormals(seed, new Float64Array(256))
      values.forEach((value, d) => {
        expect(Math.abs(normals[d] - value)).toBeLessThanOrEqual(1e-12)
      })
      expect(Math.abs(normals[255] - last)).toBeLessThanOrEqual(1e-12)
    }
  })

  test('parity counts all 64 bits', () => {
    expect(parity({ hi: 0x80000000, lo: 1 })).toBe(0)
    expect(parity({ hi: 0x80000000, lo: 0 })).toBe(1)
    expect(parity({ hi: 0xffffffff, lo: 0xfffffffe })).toBe(1)
  })

  test('the cells of an epoch stand in the same order', () => {
    expect(Array.from(cellOrder('0123456789abcdef'.repeat(4), 2_968).slice(0, 8))).toEqual(ORDER)
    expect(new Set(cellOrder('0123456789abcdef'.repeat(4), 2_969)).size).toBe(1_024)
  })
}
