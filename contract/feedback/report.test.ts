import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeReport, encodeReport } from './report.ts'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const reports = fc.record({
  planTag: fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: 16, maxLength: 16 })
    .map((digits) => digits.map((d) => d.toString(16)).join('')),
  qid: fc.integer({ min: 0, max: 255 }),
  seed: fc.record({ hi: u32, lo: u32 }),
})

describe('report', () => {
  test('has 32 bytes, big-endian', () => {
    const bytes = encodeReport({ planTag: '0123456789abcdef', qid: 7, seed: { hi: 0x01020304, lo: 0xa0b0c0d0 } })
    expect(Buffer.from(bytes).toString('hex')).toBe('01000123456789abcdef070001020304a0b0c0d0000000000000000000000000')
  })

  test('comes back as it went', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(decodeReport(encodeReport(report))).toEqual(report)
      }),
    )
  })

  test('is null for every other length, version and filling', () => {
    const bytes = encodeReport({ planTag: '0123456789abcdef', qid: 7, seed: { hi: 1, lo: 2 } })
    expect(decodeReport(bytes.subarray(1))).toBeNull()
    expect(decodeReport(new Uint8Array([...bytes, 0]))).toBeNull()
    for (const at of [0, 1, 11, 20, 25, 31]) {
      const other = bytes.slice()
      other[at] += 1
      expect(decodeReport(other), `byte ${at}`).toBeNull()
    }
  })
})
