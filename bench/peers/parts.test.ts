import { expect, test } from 'vitest'
import { packParts, unpackParts } from './parts.ts'

test('unpackParts › gives back what packParts put together, empty parts included', () => {
  const parts = [new Uint8Array([1, 2, 3]), new Uint8Array(0), new Uint8Array(33).fill(7)]
  expect(unpackParts(packParts(parts))).toEqual(parts)
})
