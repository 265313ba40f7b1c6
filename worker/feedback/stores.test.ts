import 'fake-indexeddb/auto'
import { describe, expect, test } from 'vitest'
import { createMemoryFeedback } from '#worker/core/feedback/memory-store'
import { EMPTY_STATE, type FeedbackStore } from '#worker/core/feedback/store'
import { shownList } from '#worker/core/feedback/test-device.conformance'
import { createIdbFeedback } from './idb-store.ts'

let names = 0

describe.each<[string, () => FeedbackStore]>([
  ['in memory', createMemoryFeedback],
  ['in IndexedDB', () => createIdbFeedback(`feedback-${names++}`)],
])('a feedback store %s', (_name, create) => {
  test('starts empty', async () => {
    const found = await create().update((state, events) => ({ value: { state, size: events.size } }))
    expect(found).toEqual({ state: EMPTY_STATE, size: 0 })
  })

  test('keeps state and events, and removes events by null', async () => {
    const store = create()
    const lists = new Map([
      ['a', shownList(1)],
      ['b', shownList(2)],
    ])
    await store.update((state) => ({ value: 0, state: { ...state, days: [7] }, events: lists }))
    await store.update(() => ({ value: 0, events: new Map([['a', null]]) }))
    const found = await store.update((state, events) => ({ value: { days: state.days, events: [...events] } }))
    expect(found).toEqual({ days: [7], events: [['b', shownList(2)]] })
  })

  test('lets no update see half of another', async () => {
    const store = create()
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store.update((state) => ({ value: 0, state: { ...state, days: [...state.days, state.days.length] } })),
      ),
    )
    const days = await store.update((state) => ({ value: state.days }))
    expect(days).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('changes nothing when the decision throws', async () => {
    const store = create()
    const failing = store.update(() => {
      throw new Error('undecided')
    })
    await expect(failing).rejects.toThrow()
    expect(await store.update((state) => ({ value: state }))).toEqual(EMPTY_STATE)
  })
})
