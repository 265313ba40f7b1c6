import { expect, test } from 'vitest'
import { drawHistories } from './histories.ts'

const ids = Array.from({ length: 500 }, (_, i) => `item-${i}`)

test('drawHistories › gives as many distinct histories as asked, without repeats inside', () => {
  const histories = drawHistories(ids, 300, 1)
  expect(new Set(histories.map((history) => history.join())).size).toBe(300)
  expect(histories.every((history) => history.length > 0 && new Set(history).size === history.length)).toBe(true)
})

test('drawHistories › repeats itself for a seed', () => {
  expect(drawHistories(ids, 20, 7)).toEqual(drawHistories(ids, 20, 7))
})
