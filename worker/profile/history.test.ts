import { describe, expect, test } from 'vitest'
import type { DeviceEvent, EventType } from '#contract/events'
import { summarise } from './history.ts'

let clock = 0
const event = (type: EventType, item: string): DeviceEvent => ({ v: 1, type, item, at: ++clock })

describe('summarise', () => {
  test('gives each chosen item once, latest first', () => {
    const { liked } = summarise([event('click', 'a'), event('view', 'b'), event('cart', 'a')])
    expect(liked.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('takes a disliked item out and blocks it, and a later click does not bring it back', () => {
    const { liked, blocked } = summarise([event('click', 'a'), event('dislike', 'a'), event('click', 'a')])
    expect(liked).toEqual([])
    expect([...blocked]).toEqual(['a'])
  })

  test('lets a later like take a block back', () => {
    const { liked, blocked } = summarise([event('hide', 'a'), event('like', 'a')])
    expect(liked.map(({ id }) => id)).toEqual(['a'])
    expect(blocked.size).toBe(0)
  })

  test('counts showings since an item was last chosen', () => {
    const { shown, liked } = summarise([
      event('impression', 'a'),
      event('click', 'a'),
      event('impression', 'a'),
      event('impression', 'a'),
      event('impression', 'b'),
    ])
    expect([...shown]).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    expect(liked).toHaveLength(1)
  })

  test('keeps the latest 1,000 items', () => {
    const { liked } = summarise(Array.from({ length: 1_500 }, (_, i) => event('view', `item-${i}`)))
    expect(liked).toHaveLength(1_000)
    expect(liked[0]?.id).toBe('item-1499')
  })
})
