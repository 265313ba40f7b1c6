import { expect, test } from 'vitest'
import type { EngineApi, EngineOptions, Outcome } from '#contract/rpc'
import { createBrowserDeps } from './browser-deps.ts'
import { createEngine } from './engine.ts'
import { NoticeLog, testOptions } from './testing/test-deps.ts'
import { TinyEdge } from './testing/tiny-edge.ts'
import { buildTinyRelease, createTinyKey, signPointer } from './testing/tiny-release.ts'

const KEY = await createTinyKey()
const RELEASE = await buildTinyRelease()
const SCAN_WASM = new Uint8Array(await (await fetch(new URL('./core/scan/scan.wasm', import.meta.url))).arrayBuffer())

async function publishedEdge(): Promise<TinyEdge> {
  const edge = new TinyEdge()
  edge.assets.set('https://assets.test/pocketshelf-scan.wasm', SCAN_WASM)
  edge.publish(RELEASE, await signPointer(KEY, RELEASE))
  return edge
}

/** An engine with the browser's own storage, locks and channels; only the network is the tiny edge. */
async function openPage(edge: TinyEdge, options: Partial<EngineOptions> = {}) {
  const engine = createEngine({ ...createBrowserDeps(), fetch: edge.fetch })
  const notices = new NoticeLog()
  const started = await engine.start(testOptions(KEY.publicKey, options), notices.notify)
  return { engine, notices, started }
}

function value<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
}

async function ids(engine: EngineApi): Promise<string[]> {
  return value(await engine.recommend({ scene: 'for-you', count: 10 })).items.map(({ id }) => id)
}

test('a visitor comes back offline and finds catalogue and history in IndexedDB', async () => {
  const edge = await publishedEdge()
  const first = await openPage(edge)
  expect(value(await first.engine.refresh())).toMatchObject({
    storage: 'persistent',
    residentItems: 120,
    retrievers: ['scan'],
    lastError: null,
  })
  await first.engine.track([
    { type: 'click', item: 'item-1' },
    { type: 'click', item: 'item-5' },
  ])
  const expected = await ids(first.engine)
  await first.engine.stop()
  edge.isOnline = false
  const second = await openPage(edge)
  expect(value(second.started)).toMatchObject({ release: 'tiny-1', historyItems: 2 })
  await second.engine.refresh()
  expect(await ids(second.engine)).toEqual(expected)
  await second.engine.forget()
  await second.engine.stop()
})

test('two tabs share one history, and one forgets for both', async () => {
  const edge = await publishedEdge()
  const [one, two] = [await openPage(edge), await openPage(edge)]
  await one.engine.track([{ type: 'click', item: 'item-2' }])
  await two.notices.first('profile-changed')
  expect(value(await two.engine.status()).historyItems).toBe(1)
  const told = one.notices.next('profile-changed')
  await two.engine.forget()
  await told
  expect(value(await one.engine.status()).historyItems).toBe(0)
  for (const { engine } of [one, two]) await engine.stop()
})

test('50 rapid calls from two tabs all settle', async () => {
  const edge = await publishedEdge()
  const pages = [await openPage(edge), await openPage(edge)]
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, i) => {
      const { engine } = pages[i % 2]
      return i % 5 === 0
        ? engine.track([{ type: 'click', item: `item-${i}` }])
        : engine.recommend({ scene: 'for-you', count: 12 })
    }),
  )
  expect(outcomes.every(({ ok }) => ok)).toBe(true)
  for (const { engine } of pages) {
    await engine.forget()
    await engine.stop()
  }
})
