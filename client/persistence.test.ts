import { expect, test } from 'vitest'
import { createPersistence } from './persistence.ts'

function setUp(storage: 'memory' | 'persistent', isPersisted = false) {
  const seen = { asked: 0, historyItems: 0 }
  const manager = {
    persisted: async () => isPersisted,
    persist: async () => ++seen.asked > 0,
  }
  const status = async () => ({ storage, historyItems: seen.historyItems })
  const keep = createPersistence(status, manager)
  const keepAll = async () => {
    for (seen.historyItems = 1; seen.historyItems <= 8; seen.historyItems++) await Promise.all([keep(), keep()])
    return seen.asked
  }
  return { seen, keep, keepAll }
}

test('createPersistence asks once, and not before the history has five items', async () => {
  const { seen, keep, keepAll } = setUp('persistent')
  seen.historyItems = 4
  await keep()
  expect(seen.asked).toBe(0)
  expect(await keepAll()).toBe(1)
})

test.each([
  ['where nothing is kept', setUp('memory')],
  ['where the browser has agreed before', setUp('persistent', true)],
])('createPersistence does not ask %s', async (_where, { keepAll }) => {
  expect(await keepAll()).toBe(0)
})
