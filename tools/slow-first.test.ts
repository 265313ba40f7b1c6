import { expect, test } from 'vitest'
import { slowFirst } from './slow-first.ts'

test('slow files come first, longest first, and the rest stays as it is', () => {
  const files = ['b', 'second', 'a', 'first', 'c']
  expect(slowFirst(files, (file) => file, ['first', 'second'])).toEqual(['first', 'second', 'b', 'a', 'c'])
})
