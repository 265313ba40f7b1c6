import { describe, expect, test } from 'vitest'
import { crc32 } from './crc32.ts'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { decodeObject, encodeObject, OBJECT_KIND, type ObjectKind, requireSection } from './object-file.ts'
import { OBJECT_SAMPLES } from './samples.conformance.ts'

const ascii = (text: string) => new TextEncoder().encode(text)

/** What a reader says of bytes: the error's code, `accepted`, or the name of an exception that must never be. */
function verdict(read: () => unknown): string {
  try {
    read()
    return 'accepted'
  } catch (thrown) {
    return thrown instanceof RecError ? thrown.code : `crashed: ${thrown}`
  }
}

const small = encodeObject(
  OBJECT_KIND.vectors,
  new Map([
    [2, Uint8Array.of(0xff, 0xff, 0xff, 0xff)], // its plain CRC-32 does not change when zeros are appended
    [1, ascii('abc')],
    [9, new Uint8Array(0)],
    [700, ascii('0123456789abcdef')],
  ]),
)

describe('encodeObject', () => {
  test('lays out header, table and aligned sections as the docstring says', () => {
    const file = encodeObject(OBJECT_KIND.gramian, new Map([[5, ascii('abc')]]))
    const view = new DataView(file.buffer)
    expect(new TextDecoder().decode(file.subarray(0, 4))).toBe('PSF1')
    expect([view.getUint16(4, true), view.getUint16(6, true)]).toEqual([8, 1])
    expect([view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)]).toEqual([5, 32, 3])
    expect(view.getUint32(20, true)).toBe(crc32(ascii('\u0005\0\0\0 \0\0\0\u0003\0\0\0abc')))
    expect(file.length).toBe(35)
    expect([...file.subarray(24)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 97, 98, 99])
  })

  test('gives equal bytes for equal sections in any order', () => {
    const entries: [number, Uint8Array][] = [...decodeObject(small, OBJECT_KIND.vectors)].reverse()
    expect(encodeObject(OBJECT_KIND.vectors, new Map(entries))).toEqual(small)
  })

  test('refuses no section, too many sections and too many bytes', () => {
    const many = new Map(Array.from({ length: LIMITS.objectSections + 1 }, (_, i) => [i, new Uint8Array(0)]))
    expect(verdict(() => encodeObject(OBJECT_KIND.cards, new Map()))).toBe('shard-malformed')
    expect(verdict(() => encodeObject(OBJECT_KIND.cards, many))).toBe('shard-malformed')
    const large = new Map([[1, new Uint8Array(LIMITS.objectBytes)]])
    expect(verdict(() => encodeObject(OBJECT_KIND.cards, large))).toBe('shard-malformed')
  })
})

describe('decodeObject', () => {
  test('returns what was encoded, unknown types included, as views on the file', () => {
    const sections = decodeObject(small, OBJECT_KIND.vectors)
    expect([...sections.keys()]).toEqual([1, 2, 9, 700])
    expect(requireSection(sections, 1)).toEqual(ascii('abc'))
    expect(requireSection(sections, 700).buffer).toBe(small.buffer)
  })

  test('reads an unaligned view and a Node Buffer alike, as plain arrays', () => {
    const shifted = new Uint8Array(small.length + 3)
    shifted.set(small, 3)
    for (const bytes of [shifted.subarray(3), Buffer.from(shifted.buffer, 3, small.length)]) {
      const section = requireSection(decodeObject(bytes, OBJECT_KIND.vectors), 700)
      expect(section.constructor).toBe(Uint8Array)
      expect(section.byteOffset % 16).toBe(0)
      expect(section).toEqual(ascii('0123456789abcdef'))
    }
  })

  test('refuses a cut at every length', () => {
    const verdicts = Array.from({ length: small.length }, (_, length) =>
      verdict(() => decodeObject(small.subarray(0, length), OBJECT_KIND.vectors)),
    )
    expect(new Set(verdicts)).toEqual(new Set(['shard-malformed']))
  })

  test('refuses every single flipped bit of a file, whatever the kind', () => {
    const samples = OBJECT_SAMPLES.map(({ kind, encode }) => ({ kind, file: encode() }))
    const files = [{ kind: OBJECT_KIND.vectors as ObjectKind, file: small }, ...samples] // widened to hold every kind
    for (const { kind, file } of files) {
      for (let bit = 0; bit < file.length * 8; bit++) {
        const flipped = file.slice()
        flipped[bit >> 3] ^= 1 << (bit & 7)
        const expected = bit >= 24 && bit < 32 ? 'shard-version' : 'shard-malformed' // byte 3 is the magic's version
        const found = verdict(() => decodeObject(flipped, kind))
        if (found !== expected) expect.fail(`kind ${kind}, bit ${bit} of ${file.length * 8}: ${found}`)
      }
    }
    expect(files).toHaveLength(OBJECT_SAMPLES.length + 1)
  })

  test('refuses another version of the magic with shard-version', () => {
    const other = small.slice()
    other.set(ascii('PSF2'))
    expect(verdict(() => decodeObject(other, OBJECT_KIND.vectors))).toBe('shard-version')
    other.set(ascii('PNG1'))
    expect(verdict(() => decodeObject(other, OBJECT_KIND.vectors))).toBe('shard-malformed')
  })

  test('refuses another kind, trailing bytes and more bytes than an object may have', () => {
    const trailing = new Uint8Array(small.length + 1)
    trailing.set(small)
    const large = new Uint8Array(LIMITS.objectBytes + 1)
    large.set(small)
    expect(verdict(() => decodeObject(small, OBJECT_KIND.cards))).toBe('shard-malformed')
    expect(verdict(() => decodeObject(trailing, OBJECT_KIND.vectors))).toBe('shard-malformed')
    expect(verdict(() => decodeObject(large, OBJECT_KIND.vectors))).toBe('shard-malformed')
  })

  test('refuses repeated and descending section types though their checksums fit', () => {
    for (const type of [5, 4]) {
      const file = encodeObject(
        OBJECT_KIND.cards,
        new Map([
          [5, ascii('a')],
          [6, ascii('b')],
        ]),
      )
      const view = new DataView(file.buffer)
      const section = file.subarray(view.getUint32(28, true))
      view.setUint32(24, type, true)
      view.setUint32(36, crc32(section, crc32(file.subarray(24, 36))), true)
      expect(() => decodeObject(file, OBJECT_KIND.cards)).toThrow('section types do not ascend')
    }
  })

  test('names a missing section', () => {
    const sections = decodeObject(small, OBJECT_KIND.vectors)
    expect(() => requireSection(sections, 3)).toThrow(expect.objectContaining({ code: 'shard-malformed' }))
    expect(() => requireSection(sections, 3)).toThrow('section 3 is missing')
  })
})
