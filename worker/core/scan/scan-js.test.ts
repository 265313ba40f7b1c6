import { expect, test } from 'vitest'
import { retrieverConformance } from '../retriever.conformance.ts'
import { createJsScan, integerDot } from './scan-js.ts'

retrieverConformance({ name: 'scan-js', create: async (catalogue) => createJsScan(catalogue), recall: 1 })

test('integerDot adds up products of one row', () => {
  const rows = Int8Array.of(1, 2, 3, -4, 127, -127)
  expect(integerDot(rows, 0, Int16Array.of(10, 20, 30))).toBe(10 + 40 + 90)
  expect(integerDot(rows, 1, Int16Array.of(32767, 32767, -32767))).toBe((-4 + 127 + 127) * 32767)
})

test('createJsScan breaks ties by itemNo, not by row', () => {
  const catalogue = { quantised: Int8Array.of(1, 1, 2, 1), itemNoOf: Uint32Array.of(9, 4, 7, 1), rowCount: 4 }
  const { rows, scores } = createJsScan(catalogue).search({ values: Int16Array.of(5), step: 1 }, 3, new Uint8Array(4))
  expect([...rows]).toEqual([2, 3, 1])
  expect([...scores]).toEqual([10, 5, 5])
})
