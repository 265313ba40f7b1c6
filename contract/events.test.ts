import { describe, expect, test } from 'vitest'
import { type DeviceEvent, EVENT_TYPES, EVENT_WEIGHTS, SCENES, toWireEvent } from './events.ts'

const full: Required<DeviceEvent> = {
  v: 1,
  type: 'click',
  item: '007',
  list: 'l1',
  scene: 'for-you',
  position: 3,
  context: '42',
  release: 'r',
  arm: 'main',
  propensity: 0.5,
  value: 12.5,
  currency: 'EUR',
  at: Date.UTC(2026, 10, 20, 10, 59, 59, 999),
  tzOffsetMin: 60,
}

describe('toWireEvent', () => {
  test('cuts the time to the hour, drops the zone and adds the pseudonym', () => {
    const { tzOffsetMin: _zone, ...kept } = full
    expect(toWireEvent(full, 'p')).toEqual({ ...kept, at: Date.UTC(2026, 10, 20, 10), pseudonym: 'p' })
  })

  test('lets nothing out that a page added to the event', () => {
    const event = { v: 1, type: 'view', item: '1', at: 0, email: 'someone@shop.example' } as DeviceEvent // as a page may build it
    expect(toWireEvent(event, 'p')).toEqual({ v: 1, type: 'view', item: '1', at: 0, pseudonym: 'p' })
  })

  test('leaves the device’s event as it was', () => {
    const before = structuredClone(full)
    toWireEvent(full, 'p')
    expect(full).toEqual(before)
  })
})

test('every event type has a weight, opinions against an item a negative one', () => {
  expect(Object.keys(EVENT_WEIGHTS)).toEqual([...EVENT_TYPES])
  expect(EVENT_TYPES.filter((type) => EVENT_WEIGHTS[type] < 0)).toEqual(['dislike', 'hide'])
  expect(EVENT_TYPES.filter((type) => EVENT_WEIGHTS[type] === 0)).toEqual(['impression'])
})

test('scenes are distinct: features carry their index', () => {
  expect(new Set(SCENES).size).toBe(SCENES.length)
})
