import { describe, expect, test } from 'vitest'
import type { TrackInput } from '#contract/rpc'
import { createPendingEvents, type PendingStore } from './pending-events.ts'

function createStore(): PendingStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
  }
}

const CLICK: TrackInput = { type: 'click', item: 'a', at: 1 }
const LIKE: TrackInput = { type: 'like', item: 'b', at: 2 }

describe('createPendingEvents', () => {
  test('hands unstored events to the next page of the tab, once', () => {
    const store = createStore()
    const first = createPendingEvents(store)
    first.add([CLICK])
    first.add([LIKE])
    first.settle([CLICK])
    const second = createPendingEvents(store)
    expect(second.takeLeftOver()).toEqual([LIKE])
    expect(second.takeLeftOver()).toEqual([])
  })

  test('leaves nothing behind when all events are stored', () => {
    const store = createStore()
    const pending = createPendingEvents(store)
    pending.add([CLICK])
    pending.settle([CLICK])
    expect(store.texts.size).toBe(0)
  })

  test('leaves nothing behind after clear', () => {
    const store = createStore()
    const pending = createPendingEvents(store)
    pending.add([CLICK, LIKE])
    pending.clear()
    expect(store.texts.size).toBe(0)
  })

  test('keeps the latest hundred events', () => {
    const store = createStore()
    createPendingEvents(store).add(Array.from({ length: 150 }, (_, at) => ({ ...CLICK, at })))
    const left = createPendingEvents(store).takeLeftOver()
    expect([left.length, left[0]?.at]).toEqual([100, 50])
  })

  test('ignores what somebody else wrote under its key', () => {
    const store = createStore()
    store.setItem('pocketshelf:pending', '{broken')
    expect(createPendingEvents(store).takeLeftOver()).toEqual([])
    store.setItem('pocketshelf:pending', '[1,null,{"x":1}]')
    expect(createPendingEvents(store).takeLeftOver()).toEqual([])
  })

  test('goes on when the browser refuses to keep anything', () => {
    const refusing: PendingStore = {
      getItem: () => null,
      removeItem: () => undefined,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    const pending = createPendingEvents(refusing)
    expect(() => pending.add([CLICK])).not.toThrow()
  })
})
