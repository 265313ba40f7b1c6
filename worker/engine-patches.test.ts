import { describe, expect, test } from 'vitest'
import { click, code, ids, KEY, loaded, openPage, publishedEdge, RELEASE, value } from './testing/page.ts'
import { TestBrowser } from './testing/test-deps.ts'
import type { TinyEdge } from './testing/tiny-edge.ts'
import { buildTinyRelease, signPointer, type TinyOptions } from './testing/tiny-release.ts'

/** Items of the second cell that were comedies (0), and are about travel (3) since. */
const MOVED = [44, 48, 52, 56, 60]

async function publishPatched(edge: TinyEdge, patched: Partial<TinyOptions['patched']> = {}) {
  const release = await buildTinyRelease({
    name: 'tiny-2',
    patched: { cell: 1, items: MOVED, category: 3, ...patched },
  })
  edge.publish(release, await signPointer(KEY, release, { publication: 2 }))
  return release
}

describe('a release with a patched cell', () => {
  test('costs its patch, the table and the manifest, and its items are about something else', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    await page.engine.track([click('item-40')])
    const before = edge.requests.length
    const release = await publishPatched(edge)
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', residentItems: 120, lastError: null })
    const asked = edge.requests.slice(before).filter(({ path }) => path.startsWith('objects/'))
    const patch = release.cells[1]?.objects.patch?.hash ?? ''
    expect(asked.map(({ path }) => path.slice('objects/'.length)).sort()).toEqual(
      [release.manifestHash, release.manifest.shardTable.hash, patch].sort(),
    )
    const comedies = value(await page.engine.recommend({ scene: 'for-you', count: 30 })).items
    const moved = comedies.filter(({ id }) => MOVED.includes(Number(id.slice('item-'.length))))
    expect(moved.every(({ card }) => card.category === 'Travel')).toBe(true)
    await page.engine.track([click('item-43'), click('item-47'), click('item-51')])
    const travel = value(await page.engine.recommend({ scene: 'for-you', count: 30 })).items.map(({ id }) => id)
    expect(travel).toEqual(expect.arrayContaining(MOVED.map((n) => `item-${n}`)))
  })

  test('is answered from the store offline, patch included', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const page = await openPage(edge, { browser })
    await loaded(page)
    await publishPatched(edge)
    await loaded(page)
    await page.engine.track([click('item-43')])
    const expected = await ids(page.engine)
    await page.engine.stop()
    edge.isOnline = false
    expect(await ids((await openPage(edge, { browser })).engine)).toEqual(expected)
  })

  test('whose patch is of another cell is refused, and the release in use stays', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const expected = await ids(page.engine)
    await publishPatched(edge, { baseCrc: 7 })
    expect(code(await page.engine.refresh())).toBe('shard-malformed')
    expect(value(await page.engine.status())).toMatchObject({ release: 'tiny-1', residentItems: 120 })
    expect(await ids(page.engine)).toEqual(expected)
  })

  test('whose patch arrives damaged is not switched to until it is whole', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const release = await publishPatched(edge)
    const hash = release.cells[1]?.objects.patch?.hash ?? ''
    const good = edge.objects.get(hash) ?? new Uint8Array()
    edge.objects.set(
      hash,
      good.map((byte, i) => (i === good.length >> 1 ? byte ^ 1 : byte)),
    )
    expect(code(await page.engine.refresh())).toBe('hash-mismatch')
    expect(value(await page.engine.status()).release).toBe('tiny-1')
    edge.objects.set(hash, good)
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', lastError: null })
  })

  test('fetches its stored patch again, and nothing else, when the stored bytes are damaged', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const release = await publishPatched(edge)
    await loaded(await openPage(edge, { browser }))
    const hash = release.cells[1]?.objects.patch?.hash ?? ''
    await browser.stores.shards.put(hash, new Uint8Array(900).fill(9), 1)
    const before = edge.requests.length
    expect(await loaded(await openPage(edge, { browser }))).toMatchObject({ residentItems: RELEASE.manifest.itemCount })
    const asked = edge.requests.slice(before).map(({ path }) => path)
    expect(asked.filter((path) => path.startsWith('objects/'))).toEqual([`objects/${hash}`])
  })
})
