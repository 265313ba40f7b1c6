import { describe, expect, test } from 'vitest'
import type { TrackInput } from '#contract/rpc'
import { createPendingEvents, type PendingStore } from './pending-events.ts'
import { createTextStore } from './testing/text-store.ts'

const NAME = 'https://shop.example|demo'
const KEY = `pocketshelf:pending:${NAME}`
const CLICK: TrackInput = { type: 'click', item: 'a', at: 1 }
const LIKE: TrackInput = { type: 'like', item: 'b', at: 2 }

describe('createPendingEvents', () => {
  test('hands unstored events to the next page of the tab', () => {
    const store = createTextStore()
    const first = createPendingEvents(store, NAME)
    first.add([CLICK])
    first.add([LIKE])
    first.settle([CLICK])
    const second = createPendingEvents(store, NAME)
    expect(second.leftOver).toEqual([LIKE])
  })

  test('keeps events of the page before until they are stored, with those of this page', () => {
    const store = createTextStore()
    createPendingEvents(store, NAME).add([CLICK])
    const hasty = createPendingEvents(store, NAME)
    hasty.add([LIKE])
    const last = createPendingEvents(store, NAME)
    expect(last.leftOver).toEqual([CLICK, LIKE])
    last.settle(last.leftOver)
    expect(store.texts.size).toBe(0)
  })

  test('keeps the events of two sites or edges of one origin apart', () => {
    const store = createTextStore()
    createPendingEvents(store, NAME).add([CLICK])
    const other = createPendingEvents(store, 'https://shop.example|other')
    other.add([LIKE])
    other.clear()
    expect(other.leftOver).toEqual([])
    expect(createPendingEvents(store, NAME).leftOver).toEqual([CLICK])
  })

  test('leaves nothing behind when all events are stored', () => {
    const store = createTextStore()
    const pending = createPendingEvents(store, NAME)
    pending.add([CLICK])
    pending.settle([CLICK])
    expect(store.texts.size).toBe(0)
  })

  test('leaves nothing behind after clear', () => {
    const store = createTextStore()
    const pending = createPendingEvents(store, NAME)
    pending.add([CLICK, LIKE])
    pending.clear()
    expect(store.texts.size).toBe(0)
  })

  test('keeps the latest hundred events', () => {
    const store = createTextStore()
    createPendingEvents(store, NAME).add(Array.from({ length: 150 }, (_, at) => ({ ...CLICK, at })))
    const left = createPendingEvents(store, NAME).leftOver
    expect([left.length, left[0]?.at]).toEqual([100, 50])
  })

  test('ignores what somebody else wrote under its key', () => {
    const store = createTextStore()
    store.setItem(KEY, '{broken')
    expect(createPendingEvents(store, NAME).leftOver).toEqual([])
    store.setItem(KEY, '[1,null,{"x":1}]')
    expect(createPendingEvents(store, NAME).leftOver).toEqual([])
  })

  test('goes on when the browser refuses to keep anything', () => {
    const refusing: PendingStore = {
      getItem: () => null,
      removeItem: () => undefined,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    const pending = createPendingEvents(refusing, NAME)
    expect(() => pending.add([CLICK])).not.toThrow()
  })
})
