import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseManifest } from './manifest.ts'
import { parseSignedPointer, pointerBytes } from './pointer.ts'
import { sampleManifest, samplePointer } from './sample-documents.conformance.ts'
import { OBJECT_SAMPLES } from './samples.conformance.ts'

const folder = new URL('./fixtures/v1/', import.meta.url)

/** Set once to write files of a new kind; a golden file that exists is never written again. */
const isWriting = process.env.POCKETSHELF_WRITE_GOLDEN === '1'

/** The golden file, written first where it is missing and asked for. */
function golden(name: string, today: Uint8Array): Uint8Array {
  const file = new URL(name, folder)
  if (isWriting && !readdirSync(folder).includes(name)) writeFileSync(file, today)
  return new Uint8Array(readFileSync(file))
}

const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

const parsed = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

describe('golden files of version 1', () => {
  test.each(OBJECT_SAMPLES)('$name decodes, and today’s encoder writes the same bytes', ({ name, encode, decode }) => {
    const file = golden(`${name}.psf`, encode())
    expect(encode()).toEqual(file)
    expect(decode(file)).toMatchSnapshot()
  })

  test('manifest parses', () => {
    const file = golden('manifest.json', json(sampleManifest()))
    expect(parseManifest(parsed(file))).toEqual(sampleManifest())
  })

  test('pointer parses and is signed over the same bytes', () => {
    const pointer = parseSignedPointer(parsed(golden('pointer.json', json(samplePointer()))))
    expect(pointer).toEqual(samplePointer())
    expect(pointerBytes(pointer)).toEqual(golden('pointer.signed-bytes', pointerBytes(samplePointer())))
  })

  test('are all looked at', () => {
    const expected = [
      ...OBJECT_SAMPLES.map(({ name }) => `${name}.psf`),
      'features.sha256',
      'manifest.json',
      'pointer.json',
    ]
    expect(readdirSync(folder).sort()).toEqual([...expected, 'pointer.signed-bytes'].sort())
  })
})
