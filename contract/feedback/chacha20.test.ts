import { expect, test } from 'vitest'
import { chachaBlock, chachaState, chachaWords } from './chacha20.ts'

/** RFC 8439, appendix A.1: key stream of the zero key, and of a key that ends in 1, as little-endian words. */
const ZERO_KEY = ['ade0b876', '903df1a0', 'e56a5d40', '28bd8653', 'b819d2bd', '1aed8da0', 'ccef36a8', 'c70d778b']
const NEXT = ['bee7079f', '7a385155', '7c97ba98', '0d082d73', 'a0290fcb', '6965e348', '3e53c612', 'ed7aee32']
const KEY_OF_ONE = ['2452eb3a', '9249f8ec', '8d829d9b', 'ddd4ceb1', 'e8252083', '60818b01', 'f38422b8', '5aaa49c9']

const hex = (words: ArrayLike<number>): string[] =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).slice(0, 8)

test('gives the blocks of RFC 8439', () => {
  const state = chachaState([0, 0, 0, 0, 0, 0, 0, 0])
  const block = new Uint32Array(16)
  chachaBlock(state, block)
  expect(hex(block)).toEqual(ZERO_KEY)
  chachaBlock(state, block)
  expect(hex(block)).toEqual(NEXT)
  const other = chachaState([0, 0, 0, 0, 0, 0, 0, 0x01000000])
  other[12] = 1
  chachaBlock(other, block)
  expect(hex(block)).toEqual(KEY_OF_ONE)
})

test('hands the stream out word by word', () => {
  const word = chachaWords(chachaState([0, 0, 0, 0, 0, 0, 0, 0]))
  const words = Array.from({ length: 24 }, word)
  expect(hex(words)).toEqual(ZERO_KEY)
  expect(hex(words.slice(16))).toEqual(NEXT)
})
