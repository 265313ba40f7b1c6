import { describe, expect, test } from 'vitest'
import type { DeviceEvent, EventType } from '#contract/events'
import type { CardView } from '#contract/rpc'
import { summariseBeliefs } from './beliefs.ts'

const event = (type: EventType, item: string): DeviceEvent => ({ v: 1, type, item, at: 0 })
const card = (id: string, category: string): CardView => ({
  id,
  category,
  title: id,
  url: '',
  image: '',
  price: null,
  currency: '',
})
const CARDS = [card('a', 'Tea'), card('b', 'Tea'), card('c', 'Maps'), card('d', '')]

describe('summariseBeliefs', () => {
  test('weighs each item by its strongest event: view 1, like 3, purchase 5', () => {
    const events = [event('view', 'a'), event('like', 'a'), event('view', 'b'), event('purchase', 'c')]
    expect(summariseBeliefs(events, CARDS)).toEqual({
      items: 3,
      refused: 0,
      categories: [
        { name: 'Maps', share: 5 / 9 },
        { name: 'Tea', share: 4 / 9 },
      ],
    })
  })

  test('leaves refused items out of the shares and counts them', () => {
    const events = [event('view', 'a'), event('dislike', 'a'), event('view', 'c')]
    expect(summariseBeliefs(events, CARDS)).toEqual({ items: 2, refused: 1, categories: [{ name: 'Maps', share: 1 }] })
  })

  test('believes nothing from impressions alone', () => {
    expect(summariseBeliefs([event('impression', 'a')], CARDS)).toEqual({ items: 0, refused: 0, categories: [] })
  })

  test('counts items without card or category, but gives them no share', () => {
    const events = [event('view', 'gone'), event('view', 'd')]
    expect(summariseBeliefs(events, CARDS)).toEqual({ items: 2, refused: 0, categories: [] })
  })
})
