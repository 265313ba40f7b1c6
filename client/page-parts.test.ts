import { describe, expect, test } from 'vitest'
import { createConsentRecord } from './consent.ts'
import { productIdOf } from './page-item.ts'
import { isLocalPage } from './page-signs.ts'
import { formatPrice, hueOf, reasonFor } from './shelf-card.ts'
import { readRequest } from './shelf-request.ts'
import { chooseWords, ENGLISH, wordReason } from './words.ts'

describe('productIdOf', () => {
  test.each([
    ['a product', '{"@type":"Product","sku":"007"}', '007'],
    ['productID before sku', '{"@type":"Product","sku":"1","productID":"2"}', '2'],
    ['a product in a graph', '{"@graph":[{"@type":"WebPage"},{"@type":["Thing","Product"],"sku":"9"}]}', '9'],
    ['a product that a page is about', '{"@type":"ItemPage","mainEntity":{"@type":"Product","sku":"5"}}', '5'],
    ['a number as identifier', '[{"@type":"Product","identifier":12}]', '12'],
    ['a product without an id', '{"@type":"Product"}', null],
    ['another type', '{"@type":"Person","sku":"1"}', null],
    ['broken text', '{"@type":', null],
    ['null', 'null', null],
    ['a block that is too long', `{"@type":"Product","sku":"1","x":"${'x'.repeat(100_000)}"}`, null],
  ])('reads %s', (_name, text, id) => {
    expect(productIdOf(text)).toBe(id)
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

describe('formatPrice', () => {
  test('writes a price as the language does', () => {
    expect(formatPrice(1234.5, 'EUR', 'en')).toBe('€1,234.50')
  })

  test('writes an unknown currency behind the number', () => {
    expect(formatPrice(3, 'points', 'en')).toBe('3.00 points')
  })

  test('says nothing where there is no price', () => {
    expect(formatPrice(null, 'EUR', 'en')).toBe('')
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
