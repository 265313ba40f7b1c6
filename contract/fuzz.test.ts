import { describe, expect, test } from 'vitest'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { parseDictionaries, parseManifest } from './manifest.ts'
import { decodeObject, encodeObject } from './object-file.ts'
import { parseSignedPointer } from './pointer.ts'
import { sampleManifest, samplePointer } from './sample-documents.conformance.ts'
import { OBJECT_SAMPLES, type ObjectSample, repairChecksums, seededRandom } from './samples.conformance.ts'

const ROUNDS = 1_500

type Random = () => number

const below = (random: Random, end: number) => Math.floor(random() * end)

/** Numbers at which decoders break, if at all. */
const EDGES = [
  0, 1, 2, 63, 64, 127, 128, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
]

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  for (let n = 1 + below(random, 8); n > 0 && copy.length > 0; n--)
    copy[below(random, copy.length)] ^= 1 << below(random, 8)
  return copy
}

function writeEdge(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  const at = below(random, Math.floor(copy.length / 4)) * 4
  if (copy.length >= 4) new DataView(copy.buffer).setUint32(at, EDGES[below(random, EDGES.length)] ?? 0, true)
  return copy
}

function resize(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = new Uint8Array(below(random, bytes.length + 20))
  copy.set(bytes.subarray(0, copy.length))
  return copy
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => below(random, 256))
}

const MUTATIONS = [flipBits, writeEdge, resize]

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const mutation = MUTATIONS[below(random, MUTATIONS.length)] ?? flipBits
  return mutation(bytes, random)
}

/** The file with one section's content changed and written anew, so that the decoder of the kind sees it. */
function mutateSection(sample: ObjectSample, random: Random): Uint8Array {
  const sections = new Map(decodeObject(sample.encode(), sample.kind))
  for (let n = 1 + below(random, 2); n > 0; n--) {
    const types = [...sections.keys()]
    const type = types[below(random, types.length)] ?? 1
    sections.set(type, mutate(sections.get(type) ?? new Uint8Array(0), random))
  }
  return encodeObject(sample.kind, sections)
}

/** Anything but a RecError is a fault of the decoder: a crash, an over-read, an allocation by a wrong count. */
function accepts(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes)
    return true
  } catch (thrown) {
    if (!(thrown instanceof RecError)) throw thrown
    return false
  }
}

/** Bytes of all typed arrays in a value, to see that no decoder makes more than its input warrants. */
function sizeOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 0)
}

describe.each(OBJECT_SAMPLES)('the $name decoder', (sample) => {
  test('refuses random bytes with a RecError', () => {
    const random = seededRandom(1)
    for (let i = 0; i < 500; i++) expect(accepts(sample.decode, randomBytes(below(random, 200), random))).toBe(false)
  })

  test('refuses mutated files with a RecError', () => {
    const random = seededRandom(2)
    const file = sample.encode()
    for (let i = 0; i < ROUNDS; i++) {
      const damaged = mutate(file, random)
      const unchanged = Buffer.compare(damaged, file) === 0
      if (accepts(sample.decode, damaged) !== unchanged) expect.fail(`round ${i} was accepted`)
    }
    expect(accepts(sample.decode, file)).toBe(true)
  })

  test('survives mutations whose checksums were repaired', () => {
    const random = seededRandom(3)
    const file = sample.encode()
    for (let i = 0; i < ROUNDS; i++) {
      const damaged = repairChecksums(mutate(file, random))
      if (accepts(sample.decode, damaged)) expect(damaged.length).toBeLessThan(file.length + 20)
    }
    expect.hasAssertions()
    expect(accepts(sample.decode, repairChecksums(file))).toBe(true)
  })

  test('survives mutated sections and makes no more memory than the input warrants', () => {
    const random = seededRandom(4)
    for (let i = 0; i < ROUNDS; i++) {
      const damaged = mutateSection(sample, random)
      if (!accepts(sample.decode, damaged)) continue
      const size = sizeOf(sample.decode(damaged))
      if (size > 64 * damaged.length + 1_000) expect.fail(`round ${i}: ${size} bytes of ${damaged.length}`)
    }
    expect(accepts(sample.decode, sample.encode())).toBe(true)
  })
})

describe('document parsers', () => {
  const values: unknown[] = [undefined, null, true, -1, 0.5, 1e308, Number.NaN, '', 'x', [], [null], [[]], {}, { v: 1 }]

  /** Replaces one value anywhere in a document. */
  function damage(node: unknown, random: Random): unknown {
    const keys = typeof node === 'object' && node !== null ? Object.keys(node) : []
    if (keys.length === 0 || random() < 0.15) return values[below(random, values.length)]
    const key = keys[below(random, keys.length)] ?? ''
    const copy = structuredClone(node) as Record<string, unknown> // an object or array, by its keys
    copy[key] = damage(copy[key], random)
    return copy
  }

  test.each([
    ['manifest', parseManifest, sampleManifest()],
    ['pointer', parseSignedPointer, samplePointer()],
    ['dictionaries', parseDictionaries, { v: 1, categories: ['a', 'b'], tags: ['c'] }],
  ])('answer a damaged %s with a RecError or a value', (_, parse, document) => {
    const random = seededRandom(5)
    let refused = 0
    for (let i = 0; i < ROUNDS; i++) {
      try {
        parse(damage(document, random))
      } catch (thrown) {
        if (!(thrown instanceof RecError)) throw thrown
        refused++
      }
    }
    expect(refused).toBeGreaterThan(ROUNDS / 2)
  })
})

test('the largest object that a reader accepts stays below a typed array of 2^31 bytes', () => {
  expect(LIMITS.objectBytes).toBeLessThan(2 ** 31)
})
