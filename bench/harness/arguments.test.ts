import { expect, test } from 'vitest'
import { numberList, readOptions } from './arguments.ts'

test('readOptions › takes given values over defaults', () => {
  expect(readOptions(['--items', '5'], { items: '1', seed: '2' })).toEqual({ items: '5', seed: '2' })
})

test('readOptions › refuses an unknown name', () => {
  expect(() => readOptions(['--itmes', '5'], { items: '1' })).toThrow(TypeError)
})

test('numberList › reads whole numbers and refuses the rest', () => {
  expect(numberList('10000,50000')).toEqual([10_000, 50_000])
  expect(() => numberList('10k')).toThrow(TypeError)
})
