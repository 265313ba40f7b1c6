import 'fake-indexeddb/auto'
import { afterEach, describe, expect, test } from 'vitest'
import { RecError } from '#contract/errors'
import type { EngineOptions, StorageMode } from '#contract/rpc'
import type { Settings } from './options.ts'
import { createPendingEvents } from './pending-events.ts'
import { createStorageChoice, type StorageParts } from './storage-choice.ts'
import { createTextStore } from './testing/text-store.ts'

const ENGINE = { edge: 'https://shop.example', site: 'demo' } as EngineOptions // the rest passes through unread
const NAME = 'https://shop.example|demo'
const KEY = 'pocketshelf:keep'

/** A page whose visitor answered before; its engine notes what it is asked. */
function openPage(answer: StorageMode | 'ask', { asksStorage = true, isOnline = true } = {}) {
  const answers = createTextStore()
  const waiting = createTextStore()
  if (answer !== 'ask') answers.setItem(KEY, answer)
  const storage = answer === 'persistent' ? answer : 'memory'
  const settings = { engine: { ...ENGINE, storage }, storage: answer, asksStorage } as Settings // what the choice reads
  const asked: string[] = []
  const connection = {
    call: async (method: string) => {
      asked.push(method)
      if (method !== 'exportProfile' && !isOnline) throw new RecError('edge-unreachable', 'no edge')
      return { storage: asked.includes('restart persistent') ? 'persistent' : 'memory' }
    },
    restart: (options?: EngineOptions) => void asked.push(`restart ${options?.storage}`),
  } as StorageParts['connection'] // the answers are those that the choice reads
  const pending = createPendingEvents(waiting, NAME)
  pending.add([{ type: 'click', item: 'a', at: 1 }])
  const parts = { connection, settings, pending, answers: () => answers, waiting: () => waiting, consent: () => null }
  return { choice: createStorageChoice(parts), answers, waiting, asked }
}

async function createDatabases(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const request = indexedDB.open(name)
    await new Promise((done) => {
      request.onsuccess = done
    })
    request.result.close()
  }
}

async function databases(): Promise<readonly (string | undefined)[]> {
  return (await indexedDB.databases()).map(({ name }) => name)
}

afterEach(async () => {
  for (const name of await databases()) if (name) indexedDB.deleteDatabase(name)
})

describe('createStorageChoice', () => {
  test('goes on in memory and keeps nothing when the yes is taken back in another page', async () => {
    const { choice, answers, waiting, asked } = openPage('persistent')
    await createDatabases(`pocketshelf:profile:${NAME}`)
    answers.setItem(KEY, 'memory')
    await choice.follow()
    expect(choice.choice()).toBe('memory')
    expect(asked).toEqual(['restart memory', 'status'])
    expect(await databases()).toEqual([])
    expect(waiting.texts.size).toBe(0)
  })

  test('erases what is kept also where the engine does not start again', async () => {
    const { choice, answers } = openPage('persistent', { isOnline: false })
    await createDatabases(`pocketshelf:profile:${NAME}`)
    answers.setItem(KEY, 'memory')
    await choice.follow()
    expect(await databases()).toEqual([])
  })

  test('forgets first in the page that is answered, and keeps nothing where its engine cannot', async () => {
    for (const isOnline of [true, false]) {
      const { choice, answers, asked } = openPage('persistent', { isOnline })
      await createDatabases(`pocketshelf:profile:${NAME}`)
      const chosen = choice.choose('memory')
      if (isOnline) expect(await chosen).toBe('memory')
      else await expect(chosen).rejects.toMatchObject({ code: 'edge-unreachable' })
      expect(asked).toEqual(['forget', 'restart memory'])
      expect(await databases()).toEqual([])
      expect(answers.texts.get(KEY)).toBe('memory')
    }
  })

  test('goes on keeping when the visitor agrees again while the page forgets', async () => {
    const { choice, asked } = openPage('persistent')
    await Promise.all([choice.choose('memory'), choice.choose('persistent')])
    expect(choice.choice()).toBe('persistent')
    expect(asked).not.toContain('restart memory')
  })

  test('keeps what the page has learnt when the visitor agrees in another page', async () => {
    const { choice, answers, asked } = openPage('ask')
    answers.setItem(KEY, 'persistent')
    await choice.follow()
    expect(choice.choice()).toBe('persistent')
    expect(asked).toEqual(['exportProfile', 'restart persistent', 'importProfile', 'status'])
  })

  test.each([
    ['the answer is the same', openPage('persistent'), 'persistent'],
    ['there is none any more', openPage('persistent'), null],
    ['the site does not ask', openPage('persistent', { asksStorage: false }), 'memory'],
  ])('follows nothing where %s', async (_where, { choice, answers, asked }, answer) => {
    if (answer) answers.setItem(KEY, answer)
    else answers.removeItem(KEY)
    await choice.follow()
    expect([choice.choice(), asked]).toEqual(['persistent', []])
  })

  test('keeps nothing when the yes is taken back while the page gathers what it has learnt', async () => {
    const { choice, answers, asked } = openPage('ask')
    const kept = choice.choose('persistent')
    answers.setItem(KEY, 'memory')
    await choice.follow()
    expect(await kept).toBe('memory')
    expect(asked).not.toContain('restart persistent')
    expect(choice.choice()).toBe('memory')
  })

  test('erases at the start of a page what was kept after a no, of this site alone', async () => {
    await createDatabases(
      `pocketshelf:profile:${NAME}`,
      `pocketshelf:shards:${NAME}`,
      'pocketshelf:profile:other|site',
      'shop',
    )
    openPage('memory')
    await expect.poll(databases).toEqual(['pocketshelf:profile:other|site', 'shop'])
  })
})
