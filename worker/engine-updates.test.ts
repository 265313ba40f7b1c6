import { describe, expect, test } from 'vitest'
import { CELL_ROLE } from '#contract/shard-table'
import { click, code, ids, KEY, loaded, openPage, type Page, publishedEdge, RELEASE, value } from './testing/page.ts'
import { TestBrowser } from './testing/test-deps.ts'
import { buildTinyRelease, signPointer } from './testing/tiny-release.ts'

describe('warm start', () => {
  test('answers offline from what the last visit stored, history included', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const first = await openPage(edge, { browser })
    await loaded(first)
    await first.engine.track([click('item-2'), click('item-6')])
    const expected = await ids(first.engine)
    await first.engine.stop()
    edge.isOnline = false
    const before = edge.requests.length
    const page = await openPage(edge, { browser })
    expect(edge.requests.length).toBe(before)
    expect(code(await page.engine.refresh())).toBe('edge-unreachable')
    expect(await ids(page.engine)).toEqual(expected)
    expect(value(await page.engine.status())).toMatchObject({
      residentItems: 120,
      historyItems: 2,
      lastError: { code: 'edge-unreachable' },
    })
    await page.engine.track([click('item-3')])
    expect(await ids(page.engine)).not.toEqual(expected)
  })

  test('fetches what the browser evicted meanwhile', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    const sizes = await browser.stores.shards.sizes()
    await browser.stores.shards.remove(sizes.map(({ hash }) => hash))
    const page = await openPage(edge, { browser })
    expect(value(page.started).release).toBe('tiny-1')
    expect(await loaded(page)).toMatchObject({ residentItems: 120 })
  })

  test('completes a download that broke off, asking only for what is missing', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const last = RELEASE.cells[2]?.objects.cards[0]?.hash ?? ''
    edge.intercept = ({ path }) => (path.endsWith(last) ? new Response('', { status: 500 }) : undefined)
    const first = await openPage(edge, { browser })
    await first.engine.refresh()
    expect(value(await first.engine.status()).residentItems).toBe(80)
    await first.engine.stop()
    edge.intercept = () => undefined
    const before = edge.requests.length
    expect(await loaded(await openPage(edge, { browser }))).toMatchObject({ residentItems: 120 })
    const asked = edge.requests.slice(before).filter(({ path }) => path.startsWith('objects/'))
    expect(asked.map(({ path }) => path)).toEqual([`objects/${last}`])
  })
})

describe('a release that is not whole', () => {
  test('gets its trees with the next look where they did not arrive', async () => {
    const edge = publishedEdge()
    const trees = RELEASE.manifest.rankers[0]?.trees?.hash ?? ''
    edge.intercept = ({ path }) => (path.endsWith(trees) ? new Response('', { status: 500 }) : undefined)
    const page = await openPage(edge)
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 5 }))
    expect([reply.ranker, reply.items.length]).toEqual(['none', 5])
    expect(code(await page.engine.refresh())).toBe('edge-unreachable')
    edge.intercept = () => undefined
    expect(await loaded(page)).toMatchObject({ ranker: 'trees', lastError: null })
  })

  test('gets trees that the browser evicted back from the edge', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    await browser.stores.shards.remove([RELEASE.manifest.rankers[0]?.trees?.hash ?? ''])
    expect(await loaded(await openPage(edge, { browser }))).toMatchObject({ ranker: 'trees', lastError: null })
  })

  test('moves into the kernel with the next look where its file did not arrive', async () => {
    const edge = publishedEdge()
    const url = 'https://assets.test/pocketshelf-scan.wasm'
    const kernel = edge.assets.get(url) ?? new Uint8Array()
    edge.assets.delete(url)
    const page = await openPage(edge)
    expect(await loaded(page)).toMatchObject({ retrievers: ['scan-js'] })
    const expected = await ids(page.engine)
    edge.assets.set(url, kernel)
    expect(await loaded(page)).toMatchObject({ retrievers: ['scan'], residentItems: 120 })
    expect(await ids(page.engine)).toEqual(expected)
  })

  test('is tried again by itself within twenty seconds where the download broke off', async () => {
    const edge = publishedEdge()
    const last = RELEASE.cells[2]?.objects.cards[0]?.hash ?? ''
    edge.intercept = ({ path }) => (path.endsWith(last) ? new Response('', { status: 500 }) : undefined)
    const page = await openPage(edge)
    await page.notices.first('error')
    edge.intercept = () => undefined
    page.deps.timers.advance(19_999)
    expect(await loaded(page)).toMatchObject({ residentItems: 120, lastError: null })
    expect(edge.count(last)).toBe(2)
  })

  test('is followed by the one that replaced it while it was read', async () => {
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 2, prefix: 'New ' } })
    const pointer = await signPointer(KEY, second, { publication: 2 })
    for (const gone of [RELEASE.manifestHash, RELEASE.cells[2]?.objects.cards[0]?.hash ?? '']) {
      const edge = publishedEdge()
      edge.intercept = ({ path }) => {
        if (path.endsWith(gone)) {
          edge.objects.delete(gone) // collected with the release that needed it
          edge.publish(second, pointer)
        }
        return undefined
      }
      const page = await openPage(edge)
      expect(page.started.ok).toBe(true)
      expect(await loaded(page)).toMatchObject({ release: 'tiny-2', residentItems: 120, lastError: null })
      expect(edge.count('channels/')).toBe(3)
    }
  })
})

describe('an idle page', () => {
  /** Leaves the page alone for long enough. */
  async function rest(page: Page): Promise<void> {
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    page.deps.timers.advance(20_000)
  }

  test('finds stored objects that were exchanged for others of good checksums, and fetches them again', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const { shards } = browser.stores
    const page = await openPage(edge, { browser, deps: { random: () => 0 } }) // the sample starts with the manifest
    await loaded(page)
    const [, other] = RELEASE.cells.map(({ objects }) => objects.columns.hash)
    await shards.put(RELEASE.manifestHash, (await shards.get(other ?? '')) ?? new Uint8Array(), 1)
    await rest(page)
    await expect
      .poll(async () => (await shards.get(RELEASE.manifestHash))?.length)
      .toBe(RELEASE.objects.get(RELEASE.manifestHash)?.length)
    expect(edge.count(RELEASE.manifestHash)).toBe(2)
    expect(value(await page.engine.status())).toMatchObject({ residentItems: 120, lastError: null })
  })

  test('asks for nothing where its sample is whole', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const before = edge.count('objects/')
    await rest(page)
    await loaded(page)
    expect(edge.count('objects/')).toBe(before)
  })
})

describe('a visitor who saves data', () => {
  test('gets the head and no cell beyond it, also of a history outside it', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge, { options: { saveData: true } })
    const head = RELEASE.cells.filter(({ role }) => role === CELL_ROLE.head).length
    expect(await loaded(page)).toMatchObject({ tier: 'saver', residentCells: head, totalCells: RELEASE.cells.length })
    const before = edge.requests.length
    await page.engine.track([click('item-117')])
    expect(await ids(page.engine)).toHaveLength(10)
    page.deps.timers.advance(300_000)
    expect(edge.requests.length).toBe(before)
  })
})

describe('a newer release', () => {
  test('is switched to in an open page with only the changed objects fetched', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    const added = [...second.objects.keys()].filter((hash) => !RELEASE.objects.has(hash))
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    const before = edge.requests.length
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', residentItems: 120 })
    const asked = edge.requests.slice(before).filter(({ path }) => path.startsWith('objects/'))
    expect(asked.map(({ path }) => path.slice('objects/'.length)).sort()).toEqual(added.sort())
    expect(added).toHaveLength(3) // manifest, shard table, the cards of one cell
    const changed = await page.notices.first('release-changed')
    expect(changed).toEqual({ type: 'release-changed', release: 'tiny-2', fetchedObjects: 3, reusedObjects: 14 })
    const [card] = value(await page.engine.cards(['item-41']))
    expect(card?.title).toBe('New Crime number 41')
  })

  test('is noticed by the poll and adopted by the other tab from the store', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const [one, two] = [await openPage(edge, { browser }), await openPage(edge, { browser })]
    await loaded(one)
    await loaded(two)
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    const before = edge.requests.length
    one.deps.timers.advance(80_000)
    await Promise.all([one.notices.first('release-changed'), two.notices.first('release-changed')])
    const added = [...second.objects.keys()].filter((hash) => !RELEASE.objects.has(hash))
    const asked = edge.requests.slice(before).map(({ path }) => path.replace('objects/', ''))
    expect(asked.filter((path) => added.includes(path)).sort()).toEqual(added.sort())
    expect(value(await two.engine.status()).release).toBe('tiny-2')
  })

  test('does not disturb a tab that has not heard of it, even when the store keeps nothing of the old one', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const deaf = { openChannel: () => ({ post: () => undefined, close: () => undefined }) }
    const [one, two] = [await openPage(edge, { browser }), await openPage(edge, { browser, deps: deaf })]
    await loaded(one)
    await loaded(two)
    const expected = await ids(two.engine)
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    expect(await loaded(one)).toMatchObject({ release: 'tiny-2' })
    await browser.stores.shards.remove([...RELEASE.objects.keys()])
    expect(await ids(two.engine)).toEqual(expected)
    const [card] = value(await two.engine.cards(['item-41']))
    expect(card?.title).toBe('Crime number 41')
    expect(value(await two.engine.status())).toMatchObject({ release: 'tiny-1', lastError: null })
  })

  test('is left alone until it is whole', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    edge.objects.delete(second.cells[1]?.objects.cards[0]?.hash ?? '')
    expect(code(await page.engine.refresh())).toBe('object-missing')
    expect(value(await page.engine.status())).toMatchObject({
      release: 'tiny-1',
      lastError: { code: 'object-missing' },
    })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', lastError: null })
  })

  test('keeps a history whose items it no longer holds, by their snapshots', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    await page.engine.track([click('item-117')])
    await ids(page.engine)
    const second = await buildTinyRelease({ name: 'tiny-2', itemCount: 80 })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    await loaded(page)
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 10 }))
    expect(reply.personal).toBe(true)
    expect(reply.items.slice(0, 5).every(({ card }) => card.category === 'Crime')).toBe(true)
  })
})
