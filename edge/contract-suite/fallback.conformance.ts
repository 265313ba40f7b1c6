import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Card, encodeCards } from '#contract/cards'
import { orderCrc } from '#contract/cell-order'
import { encodeColumns, ITEM_FLAG } from '#contract/columns'
import { SEQUENCE_STEPS, STEP } from '#contract/pointer'
import { sampleManifest } from '#contract/sample-documents.conformance'
import { type CellEntry, encodeShardTable, type ObjectRef } from '#contract/shard-table'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { createTestKey, hashOf, testSite } from './test-site.ts'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Two slices of a head with two items each; item 2 is sold out. */
function slice(itemNos: Uint32Array, language: string): { columns: Uint8Array; cards: Uint8Array } {
  const bytes = () => new Uint8Array(itemNos.length)
  const columns = encodeColumns({
    itemNos,
    orderCrc: orderCrc(itemNos),
    popularity: bytes(),
    trending: bytes(),
    clickRate: bytes(),
    conversionRate: bytes(),
    quality: bytes(),
    flags: Uint8Array.from(itemNos, (itemNo) => (itemNo === 2 ? 0 : ITEM_FLAG.available)),
    category: Uint16Array.from(itemNos, (itemNo) => (itemNo === 0 ? 1 : 0xffff)),
    createdDay: new Uint16Array(itemNos.length),
    price: Float32Array.from(itemNos, (itemNo) => (itemNo === 0 ? 19.9 : Number.NaN)),
    tagOffsets: new Uint32Array(itemNos.length + 1),
    tags: new Uint16Array(0),
    priorMean: bytes(),
    priorStrength: bytes(),
  })
  const cards = Array.from(
    itemNos,
    (itemNo): Card => ({
      id: `id-${itemNo}`,
      title: `${language} <b>"${itemNo}"</b> & more`,
      url: itemNo === 1 ? 'java\tscript:alert(1)' : `/items/${itemNo}?a=1&b=2`,
      image: itemNo === 0 ? 'https://images.example/0.jpg' : '',
    }),
  )
  return { columns, cards: encodeCards(cards, orderCrc(itemNos)) }
}

async function makeRelease(): Promise<{ manifest: string; bodies: Uint8Array<ArrayBuffer>[] }> {
  const bodies: Uint8Array<ArrayBuffer>[] = []
  const keep = async (bytes: Uint8Array): Promise<ObjectRef> => {
    const own = new Uint8Array(bytes)
    bodies.push(own)
    return { hash: await hashOf(own), sizeBytes: own.length }
  }
  const other = await keep(new Uint8Array([1, 2, 3]))
  const cellOf = async (itemNos: Uint32Array): Promise<CellEntry> => {
    const [english, german] = [slice(itemNos, 'en'), slice(itemNos, 'de')]
    const cards = [await keep(english.cards), await keep(german.cards)]
    const objects = { vectors: [other], voters: other, columns: await keep(english.columns), cards }
    return { role: 0, itemCount: itemNos.length, popularity: 65_535, group: -1, objects }
  }
  const cells = [await cellOf(Uint32Array.of(0, 2)), await cellOf(Uint32Array.of(1, 7, 300))]
  const table = { spaceCount: 1, localeCount: 2, dim: 3, cells, centroids: new Int8Array(6), graphs: [] }
  const manifest = {
    ...sampleManifest(),
    site: 'shop',
    shardTable: await keep(encodeShardTable(table)),
    dictionaries: await keep(json({ v: 1, categories: ['a', 'Books'], tags: [] })),
    lists: [
      { scene: 'popular', items: [7, 2, 0, 1, 999], halfLifeDays: null },
      { scene: 'trending', items: [300, 1], halfLifeDays: 3 },
    ],
  }
  return { manifest: (await keep(json(manifest))).hash, bodies }
}

/** What every edge promises about lists for pages that are made on a server. */
export function fallbackConformance(target: EdgeTarget): void {
  describe(`${target.name}: fallback lists`, () => {
    let edge: RunningEdge
    let client: EdgeClient
    const get = (path: string, headers: Record<string, string> = {}) => client.fetch(`/fallback/${path}`, { headers })

    beforeAll(async () => {
      const key = await createTestKey(1)
      edge = await target.start({ sites: [await testSite('shop', [key]), await testSite('other', [key])] })
      client = new EdgeClient(edge.url, 'shop')
      const { manifest, bodies } = await makeRelease()
      const full = await key.sign({
        v: 1,
        site: 'shop',
        channel: 'main',
        sequence: SEQUENCE_STEPS + STEP.full,
        manifest,
        canary: null,
        issuedAt: '2026-11-01T00:00:00.000Z',
      })
      const objects = await Promise.all(bodies.map(hashOf))
      const body = { channel: 'main', publication: 1, objects, pointers: { full }, activate: 'full' as const }
      expect(await client.publish({ bodies, body })).toMatchObject({ status: 201 })
    })
    afterAll(() => edge.close())

    test('give the available items of the list in its order, with their cards', async () => {
      const response = await get('popular')
      expect(response.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=3600')
      const card = (itemNo: number) => ({
        id: `id-${itemNo}`,
        title: `en <b>"${itemNo}"</b> & more`,
        url: `/items/${itemNo}?a=1&b=2`,
        image: '',
        category: null,
        price: null,
      })
      expect(await response.json()).toEqual({
        v: 1,
        scene: 'popular',
        release: '2026-11-20-3fa9c1',
        currency: 'EUR',
        items: [
          card(7),
          { ...card(0), image: 'https://images.example/0.jpg', category: 'Books', price: 19.9 },
          { ...card(1), url: 'java\tscript:alert(1)' },
        ],
      })
    })

    test('leave out items that were removed at once, and cut at the limit', async () => {
      expect(await (await get('trending')).json()).toMatchObject({ scene: 'trending', items: [{ id: 'id-1' }] })
      expect(await (await get('popular?limit=1')).json()).toMatchObject({ items: [{ id: 'id-7' }] })
      expect(await (await get('popular?limit=0')).json()).toMatchObject({ items: [] })
    })

    test('speak the locale that was asked for, else the first of the release', async () => {
      const titleIn = async (locale: string) => {
        const { items } = (await (await get(`popular?locale=${locale}`)).json()) as { items: { title: string }[] }
        return items[0]?.title.slice(0, 2)
      }
      expect([await titleIn('de'), await titleIn('fr')]).toEqual(['de', 'en'])
    })

    test('a scene that needs a history is stood in for by what is popular', async () => {
      expect(await (await get('for-you')).json()).toMatchObject({ scene: 'popular' })
    })

    test('as HTML every text is escaped and no link runs a script', async () => {
      const response = await get('popular?format=html')
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      const html = await response.text()
      expect(html).toContain(
        '<a href="/items/0?a=1&amp;b=2" data-item="id-0"><img src="https://images.example/0.jpg" alt="" loading="lazy">',
      )
      expect(html).toContain('<span class="title">en &lt;b&gt;&quot;0&quot;&lt;/b&gt; &amp; more</span>')
      expect(html).toContain('<span class="price">19.90 EUR</span>')
      expect(html).not.toContain('<b>')
      expect(html).not.toContain('script')
    })

    test('a known tag is answered 304, and each form has its own', async () => {
      const etag = (await get('popular')).headers.get('etag') ?? ''
      expect((await get('popular', { 'if-none-match': etag })).status).toBe(304)
      for (const other of ['popular?format=html', 'popular?limit=1', 'popular?locale=de', 'trending'])
        expect((await get(other, { 'if-none-match': etag })).status).toBe(200)
    })

    test.each([
      ['nonsense', 404],
      ['toString', 404],
      ['popular?format=xml', 400],
      ['popular?limit=-1', 400],
      ['popular?locale=%3Cb%3E', 400],
      ['popular?channel=../x', 404],
      ['popular?channel=beta', 404],
    ])('%s is answered %i', async (path, status) => {
      expect((await get(path)).status).toBe(status)
    })

    test("one site does not show another's list", async () => {
      expect((await new EdgeClient(edge.url, 'other').fetch('/fallback/popular')).status).toBe(404)
    })
  })
}
