import { describe, expect, test } from 'vitest'
import { createConsentRecord } from './consent.ts'
import { readJsonLd } from './page-item.ts'
import { isLocalPage } from './page-signs.ts'
import { createPriceFormat, hueOf, reasonFor } from './shelf-card.ts'
import { readRequest } from './shelf-request.ts'
import { chooseWords, ENGLISH, wordReason } from './words.ts'

describe('readJsonLd', () => {
  test.each([
    ['a product', '{"@type":"Product","sku":"007"}', '007'],
    ['productID before sku', '{"@type":"Product","sku":"1","productID":"2"}', '2'],
    ['a product in a graph', '{"@graph":[{"@type":"WebPage"},{"@type":["Thing","Product"],"sku":"9"}]}', '9'],
    ['a product that a page is about', '{"@type":"ItemPage","mainEntity":{"@type":"Product","sku":"5"}}', '5'],
    ['a number as identifier', '[{"@type":"Product","identifier":12}]', '12'],
    ['a product without an id', '{"@type":"Product"}', null],
    ['another type', '{"@type":"Person","sku":"1"}', null],
    ['a listed product', '{"@type":"ItemList","itemListElement":[{"@type":"Product","sku":"1","url":"/1"}]}', null],
    ['broken text', '{"@type":', null],
    ['null', 'null', null],
    ['a block that is too long', `{"@type":"Product","sku":"1","x":"${'x'.repeat(100_000)}"}`, null],
  ])('knows what a page with %s is about', (_name, text, id) => {
    expect(readJsonLd([text], 'https://shop.example/').item).toBe(id)
  })

  test('takes the first of several blocks', () => {
    const blocks = ['{"@type":"Person"}', '{"@type":"Product","sku":"1"}', '{"@type":"Product","sku":"2"}']
    expect(readJsonLd(blocks, 'https://shop.example/').item).toBe('1')
  })

  test('maps the addresses of an item list to the ids of its products', () => {
    const entries = [
      { '@type': 'ListItem', position: 1, item: { '@type': 'Product', sku: 'a', url: 'https://shop.example/p/a#top' } },
      { '@type': 'ListItem', url: 'p/b?x=1', item: { '@type': 'Product', productID: 7 } },
      { '@type': 'Product', sku: 'c', '@id': '/p/c' },
      { '@type': 'ListItem', position: 4, url: 'https://shop.example/p/d' },
      { '@type': 'ListItem', item: { '@type': 'Product', sku: 'e', url: 'http://' } },
      null,
      'https://shop.example/p/f',
    ]
    const page = { '@type': 'CollectionPage', mainEntity: { '@type': 'ItemList', itemListElement: entries } }
    const { item, listed } = readJsonLd([JSON.stringify(page)], 'https://shop.example/list')
    expect(item).toBeNull()
    expect([...listed]).toEqual([
      ['https://shop.example/p/a', 'a'],
      ['https://shop.example/p/b?x=1', '7'],
      ['https://shop.example/p/c', 'c'],
    ])
  })
})

describe('readRequest', () => {
  const read = (attributes: Record<string, string>) => readRequest((name) => attributes[name] ?? null)

  test('asks for eight items for the visitor where nothing is said', () => {
    expect(read({})).toEqual({ scene: 'for-you', count: 8 })
  })

  test('reads every attribute', () => {
    const attributes = { scene: 'similar', item: 'a b', count: '3', category: 'Tea, Green Tea', exclude: 'x,y' }
    expect(read({ ...attributes, items: 'p q', 'min-price': '1.5', 'max-price': '9', diversity: '0.4' })).toEqual({
      scene: 'similar',
      count: 3,
      contextItems: ['a', 'b'],
      items: ['p', 'q'],
      categories: ['Tea', 'Green Tea'],
      exclude: ['x', 'y'],
      minPrice: 1.5,
      maxPrice: 9,
      rules: { diversity: 0.4 },
    })
  })

  test.each(['0', '-3', 'many', ''])('takes eight items for the count %o', (count) => {
    expect(read({ count }).count).toBe(8)
  })

  test('asks for no more than 200 items', () => {
    expect(read({ count: '5000' }).count).toBe(200)
  })
})

describe('isLocalPage', () => {
  test.each(['localhost', 'shop.localhost', '127.0.0.1', '[::1]'])('knows %s', (host) => {
    expect(isLocalPage(host)).toBe(true)
  })

  test.each(['example.com', 'localhost.example.com', '128.0.0.1', ''])('does not take %o for it', (host) => {
    expect(isLocalPage(host)).toBe(false)
  })
})

describe('createPriceFormat', () => {
  const format = createPriceFormat('en')

  test('writes a price as the language does', () => {
    expect(format(1234.5, 'EUR')).toBe('€1,234.50')
  })

  test('writes an unknown currency behind the number', () => {
    expect(format(3, 'points')).toBe('3.00 points')
  })

  test('says nothing where there is no price', () => {
    expect(format(null, 'EUR')).toBe('')
  })
})

describe('reasonFor', () => {
  const because = { type: 'because-you', item: 'a', title: 'Dune' } as const
  const fresh = { type: 'new' } as const

  test('gives the first reason', () => {
    expect(reasonFor('for-you', [because, fresh])).toBe(because)
  })

  test('does not repeat what the heading says', () => {
    expect(reasonFor('because-you', [because, fresh])).toBe(fresh)
  })

  test('does not repeat the item that a page is about', () => {
    expect(reasonFor('similar', [{ ...because, type: 'similar-to' }])).toBeUndefined()
  })

  test('gives none for what was viewed', () => {
    expect(reasonFor('recently-viewed', [because])).toBeUndefined()
  })
})

describe('hueOf', () => {
  test('gives the same angle to the same text and others to others', () => {
    expect([hueOf('Tea'), hueOf('')]).toEqual([hueOf('Tea'), 7])
    expect(hueOf('Tea')).not.toBe(hueOf('Maps'))
  })
})

describe('createConsentRecord', () => {
  test('keeps the SHA-256 of the words and expires after 180 days', async () => {
    expect(await createConsentRecord('first-party', 'abc', 1_000)).toEqual({
      version: 1,
      choice: 'first-party',
      at: 1_000,
      textHash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      expires: 1_000 + 180 * 86_400_000,
    })
  })
})

describe('wordReason', () => {
  test.each([
    [{ type: 'because-you', item: 'a', title: 'Dune' }, 'Because of Dune'],
    [{ type: 'similar-to', item: 'a', title: 'Dune' }, 'Like Dune'],
    [{ type: 'category', category: 'Tea' }, 'You like Tea'],
    [{ type: 'popular' }, 'Popular here'],
    [{ type: 'trending' }, 'Trending'],
    [{ type: 'new' }, 'New'],
    [{ type: 'explore' }, 'Something different'],
  ] as const)('words %o', (reason, text) => {
    expect(wordReason(ENGLISH, reason)).toBe(text)
  })
})

describe('chooseWords', () => {
  test('takes the words that are given and English for the rest', () => {
    const words = chooseWords({ next: 'Weiter', headings: { similar: 'Ähnlich' } })
    expect([words.next, words.previous]).toEqual(['Weiter', 'Back'])
    expect([words.headings.similar, words.headings.trending]).toEqual(['Ähnlich', 'Trending'])
  })

  test.each([null, 7, 'words', { headings: 'none', next: 3, unknown: 'x' }])('takes English for %j', (given) => {
    expect(chooseWords(given)).toEqual(ENGLISH)
  })
})
