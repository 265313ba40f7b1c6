import zlib from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { crc32, inJavaScript } from './crc32.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const mixed = (length: number) => Uint8Array.from({ length }, (_, i) => i * i * 7 + (i >> 9))

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('crc32', () => {
  test('gives the check value of the standard', () => {
    expect(crc32(ascii('123456789'))).toBe(0xcbf43926)
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  test('goes on from the checksum of what stands before', () => {
    expect(crc32(ascii('6789'), crc32(ascii('12345')))).toBe(0xcbf43926)
  })

  test('equals that of zlib for every start in memory and length', () => {
    const memory = mixed(64)
    for (let from = 0; from < 8; from++)
      for (let length = 0; length <= 40; length++) {
        const bytes = memory.subarray(from, from + length)
        expect([from, length, crc32(bytes, 0x12345678)]).toEqual([from, length, zlib.crc32(bytes, 0x12345678)])
      }
  })

  test('equals that of zlib and of plain JavaScript where the kernel takes over, and where its memory ends', () => {
    const memory = mixed(400_003)
    for (const from of [0, 1, 5])
      for (const length of [4_095, 4_096, 4_103, 122_879, 122_880, 122_881, 245_760, 399_998]) {
        const bytes = memory.subarray(from, from + length)
        const wanted = zlib.crc32(bytes, 0x12345678)
        expect([from, length, crc32(bytes, 0x12345678)]).toEqual([from, length, wanted])
        expect([from, length, ~inJavaScript(~0x12345678, bytes) >>> 0]).toEqual([from, length, wanted])
      }
  })

  test.each([
    ['a policy refuses it', { ...WebAssembly, Module: refused }],
    ['there is none', undefined],
  ])('gives the same without WebAssembly: %s', async (_, found) => {
    vi.stubGlobal('WebAssembly', found)
    const { crc32: without } = await import('./crc32.ts')
    const bytes = mixed(50_000)
    expect(without(bytes, 7)).toBe(zlib.crc32(bytes, 7))
    expect(without(bytes)).toBe(zlib.crc32(bytes))
  })
})

function refused(): never {
  throw new WebAssembly.CompileError('refused')
}
