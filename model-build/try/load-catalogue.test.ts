import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { withDatabase } from '../ingest/database.ts'
import { loadCatalogue } from './load-catalogue.ts'
import { parseRobots } from './robots.ts'

let dir = ''
let server: Server
let origin = ''
let files = 0
const asked: string[] = []
const pages = new Map<string, string | Buffer>()

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-try-'))
  server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const body = pages.get(url)
    response.statusCode = body === undefined ? 404 : 200
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(dir, { recursive: true })
})

function load(source: string, maxPages = 10) {
  const signal = new AbortController().signal
  return withDatabase(DEFAULTS.input, (connection) =>
    loadCatalogue(source, { connection, signal, maxPages, onProgress: () => undefined }),
  )
}

async function loadText(content: string | Buffer, name = 'feed.xml') {
  const path = join(dir, `${++files}-${name}`)
  await writeFile(path, content)
  const { items, ...rest } = await load(path)
  return { ...rest, items: [...items.values()] }
}

const MERCHANT = `<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>TEA-1</g:id><title><![CDATA[Sencha <first flush>]]></title><link>https://shop.example/tea-1?a=1&amp;b=2</link>
<g:image_link>https://shop.example/tea-1.jpg</g:image_link><g:price>1,249.50 EUR</g:price><g:availability>in_stock</g:availability>
<g:product_type>Tea &gt; Green</g:product_type><g:brand>Uji &#38; Sons</g:brand></item>
<item><g:id>TEA-2</g:id><g:title>Gyokuro</g:title><g:price>15 EUR</g:price><g:sale_price>12 EUR</g:sale_price><g:availability>out of stock</g:availability></item>
<item><title>No id</title></item>
</channel></rss>`

describe('product feeds', () => {
  test('Google Merchant in RSS: prefixes, entities, CDATA, prices, availability', async () => {
    const { kind, items, refused } = await loadText(MERCHANT)
    expect({ kind, refused }).toEqual({ kind: 'feed', refused: 1 })
    expect(items[0]).toMatchObject({
      id: 'TEA-1',
      title: 'Sencha <first flush>',
      url: 'https://shop.example/tea-1?a=1&b=2',
      image: 'https://shop.example/tea-1.jpg',
      price: 1249.5,
      category: 'Tea',
      tags: ['Uji & Sons', 'Green'],
      available: true,
    })
    expect(items[1]).toMatchObject({ id: 'TEA-2', title: 'Gyokuro', price: 12, available: false })
  })

  test('Google Merchant in Atom, gzipped', async () => {
    const feed = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><g:id>7</g:id>
      <title type="text">Pot</title><link rel="self" href="https://x.example/self"/><link rel="alternate" href="https://x.example/7"/>
      <category term="Pots"/><published>2024-03-01T00:00:00Z</published></entry></feed>`
    const { items } = await loadText(gzipSync(feed), 'feed.xml.gz')
    expect(items).toEqual([
      expect.objectContaining({
        id: '7',
        title: 'Pot',
        url: 'https://x.example/7',
        category: 'Pots',
        createdAt: Date.UTC(2024, 2, 1),
      }),
    ])
  })

  test('RSS of a blog, in an older encoding', async () => {
    const feed = `<?xml version="1.0" encoding="ISO-8859-1"?><rss><channel><item><title>Caf\u00e9</title><link>https://b.example/a</link>
      <guid isPermaLink="false">post-1</guid><pubDate>Tue, 05 Mar 2024 10:00:00 GMT</pubDate><category>News</category><category>Food</category></item></channel></rss>`
    const { items } = await loadText(Buffer.from(feed, 'latin1'))
    expect(items[0]).toMatchObject({
      id: 'post-1',
      title: 'Caf\u00e9',
      category: 'News',
      tags: ['Food'],
      createdAt: Date.UTC(2024, 2, 5, 10),
    })
  })

  test('a list of products under names of its own', async () => {
    const { items } = await loadText('<shop><product><sku>1</sku><name>A</name><price>3</price></product></shop>')
    expect(items[0]).toMatchObject({ id: '1', title: 'A', price: 3 })
  })
})

describe('hostile XML is refused with a code', () => {
  test.each([
    [
      'entities that grow',
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item>&b;</item></channel></rss>',
    ],
    [
      'entities that read files',
      '<?xml version="1.0"?><!-- x --><!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss>&f;</rss>',
    ],
    ['a broken end', '<rss><channel><item></channel></rss>'],
    ['a deep nest', `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`],
    ['no feed at all', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['no XML at all', 'hello'],
  ])('%s', async (_, text) => {
    await expect(loadText(text)).rejects.toMatchObject({ code: 'input-malformed' })
  })

  test('a small archive of a huge feed', async () => {
    await expect(loadText(gzipSync(Buffer.alloc(70 * 2 ** 20, 32)))).rejects.toMatchObject({ code: 'too-large' })
  })

  test('a text may speak of document types, and names of prototypes are names', async () => {
    const { items } = await loadText(
      '<rss><channel><item><guid>1</guid><title><![CDATA[<!DOCTYPE html> explained]]></title><category>constructor</category></item></channel></rss>',
    )
    expect(items[0]).toMatchObject({ title: '<!DOCTYPE html> explained', category: 'constructor' })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('tables and JSON', () => {
  test("a shop system's own export", async () => {
    const { kind, items, refused } = await loadText(
      'Handle,Title,Vendor,Type,Tags,Variant Price,Image Src\nred-pot,Red pot,Acme,Pots,"clay, red",19.90,https://x.example/r.jpg\n,No handle,,,,,\n',
      'products.csv',
    )
    expect({ kind, refused }).toEqual({ kind: 'table', refused: 1 })
    expect(items[0]).toMatchObject({
      id: 'red-pot',
      title: 'Red pot',
      category: 'Pots',
      price: 19.9,
      image: 'https://x.example/r.jpg',
    })
    expect(items[0]?.tags).toContain('Acme')
  })

  test('JSON-LD with a graph, and a plain list', async () => {
    const linked = await loadText(
      JSON.stringify({
        '@context': 'https://schema.org',
        '@graph': [
          { '@type': 'WebSite', name: 'x' },
          {
            '@type': 'ItemList',
            itemListElement: [
              {
                '@type': 'ListItem',
                item: {
                  '@type': 'Product',
                  sku: 's1',
                  name: 'A',
                  brand: { name: 'B' },
                  offers: [{ price: '9.99', availability: 'https://schema.org/OutOfStock' }],
                },
              },
            ],
          },
        ],
      }),
      'data.jsonld',
    )
    expect(linked.items).toEqual([
      expect.objectContaining({ id: 's1', title: 'A', price: 9.99, tags: ['B'], available: false }),
    ])
    const plain = await loadText('{"products":[{"id":5,"title":"P"}]}', 'products.json')
    expect(plain.items).toEqual([expect.objectContaining({ id: '5', title: 'P' })])
  })

  test('a file that is not there', async () => {
    await expect(load(join(dir, 'none.xml'))).rejects.toMatchObject({ code: 'input-missing' })
  })
})

const product = (id: string) =>
  `<!doctype html><script type="application/ld+json">{"@type":"BreadcrumbList","itemListElement":[{"name":"Home"},{"name":"Pots"},{"name":"${id}"}]}</script>
   <SCRIPT data-x="1" type='application/ld+json'>{"@type":["Product"],"productID":"${id}","name":"Pot ${id}","image":["https://x.example/${id}.jpg"]}</SCRIPT>`

describe('sitemaps', () => {
  test('pages of its site are fetched once, by its robots.txt and up to the limit', async () => {
    const loc = (path: string) => `<url><loc>${path.startsWith('http') ? path : origin + path}</loc></url>`
    pages.set(
      '/robots.txt',
      'User-agent: *\nDisallow: /\n\nUser-agent: Pocketshelf\nDisallow: /private\nAllow: /private/open$\n',
    )
    pages.set(
      '/sitemap.xml',
      `<sitemapindex><sitemap><loc>${origin}/pages.xml</loc></sitemap><sitemap><loc>${origin}/products.xml.gz</loc></sitemap></sitemapindex>`,
    )
    pages.set('/pages.xml', `<urlset>${loc('/about')}</urlset>`)
    const urls = [
      '/p/1',
      '/p/1',
      '/private/2',
      '/private/open',
      'http://other.invalid/p/3',
      '/missing',
      '/og',
      '/p/last',
    ]
      .map(loc)
      .join('')
    pages.set(
      '/products.xml.gz',
      gzipSync(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`),
    )
    pages.set('/p/1', product('1'))
    pages.set('/private/2', product('2'))
    pages.set('/private/open', product('open'))
    pages.set(
      '/og',
      `<meta property="og:type" content="product"><meta content="Tea &amp; co" property="og:title"><meta name="product:retailer_item_id" content="og-1">`,
    )
    pages.set('/p/last', product('last'))
    const { kind, items } = await load(`${origin}/sitemap.xml`, 5)
    expect(kind).toBe('sitemap')
    expect([...items.keys()]).toEqual(['1', 'open', 'og-1'])
    expect(items.get('1')).toMatchObject({
      title: 'Pot 1',
      category: 'Pots',
      url: `${origin}/p/1`,
      image: 'https://x.example/1.jpg',
    })
    expect(items.get('og-1')?.title).toBe('Tea & co')
    expect(asked).toEqual([
      '/sitemap.xml',
      '/products.xml.gz',
      '/robots.txt',
      '/p/1',
      '/private/open',
      '/missing',
      '/og',
    ])
  })

  test('an address that answers with an error is input-missing', async () => {
    await expect(load(`${origin}/nothing.xml`)).rejects.toMatchObject({ code: 'input-missing' })
    await expect(load('http://127.0.0.1:1/feed.xml')).rejects.toMatchObject({ code: 'input-missing' })
  })

  test('robots.txt: the longest rule wins, with stars and ends', () => {
    const allows = parseRobots('User-agent: a\nUser-agent: *\nDisallow: /*.pdf$\nDisallow: /x\nAllow: /x/*/y # why\n')
    expect(['/a.pdf', '/a.pdf?b', '/x/1', '/x/1/y', '/'].map(allows)).toEqual([false, true, false, true, true])
  })
})
