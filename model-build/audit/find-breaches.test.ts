import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findBreaches, RULES } from './find-breaches.ts'
import type { Observation, PageUse, SentRequest } from './observation.ts'

const USE: PageUse = {
  edges: ['https://edge.example'],
  isMemoryOnly: false,
  consent: 'off',
  items: ['tea-1', '7'],
  shelves: 1,
  cards: 8,
}

function seen(requests: readonly Partial<SentRequest>[], over: Partial<Observation> = {}): Observation {
  const plain: SentRequest = {
    method: 'GET',
    url: 'https://edge.example/v1/sites/shop/channels/main',
    kind: 'fetch',
    referrer: '',
    cookies: [],
    body: '',
    bodyBytes: 0,
    status: 200,
    receivedBytes: 100,
  }
  return {
    url: 'https://shop.example/',
    title: 'Shop',
    seconds: 1,
    hasSignal: false,
    requests: requests.map((request) => ({ ...plain, ...request })),
    cookies: [],
    storage: [],
    use: USE,
    errors: [],
    ...over,
  }
}

const rules = (observation: Observation) => findBreaches(observation).map(({ rule }) => rule)
const object = `https://edge.example/v1/sites/shop/objects/${'a'.repeat(64)}`
const events = { method: 'POST', url: 'https://edge.example/v1/sites/shop/events' }
const sent = (body: string) => ({ ...events, body, bodyBytes: body.length })
const consented = { use: { ...USE, consent: 'first-party' } }

test('what a page fetches by our rules breaks no promise', () => {
  const cover = { url: 'https://images.example/tea-1.jpg', kind: 'image' }
  const own = { url: 'https://shop.example/item/tea-1', kind: 'document', cookies: ['session'] }
  expect(rules(seen([{}, { url: object }, cover, own]))).toEqual([])
})

test.each<[string, Partial<SentRequest>, Partial<Observation>, string]>([
  ['a cookie', { cookies: ['uid'] }, {}, 'edge-cookie'],
  ['a referrer with an object', { url: object, referrer: 'https://shop.example/item/tea-1' }, {}, 'edge-referrer'],
  ['a query', { url: `${object}?u=1` }, {}, 'edge-query'],
  ['events nobody agreed to', sent('{}'), {}, 'body-without-consent'],
  ['events against a signal', sent('{}'), { ...consented, hasSignal: true }, 'body-against-signal'],
  ['a minute of an event', sent('{"events":[{"at":1709373660000}]}'), consented, 'event-time'],
  ['a time zone', sent('{"events":[{"at":1709373600000,"tzOffsetMin":60}]}'), consented, 'event-time'],
  [
    'a long report',
    { method: 'POST', url: 'https://edge.example/v1/sites/shop/r', bodyBytes: 33 },
    { use: { ...USE, consent: 'aggregate' } },
    'report-size',
  ],
  ['an item in the address of a stranger', { url: 'https://t.example/p?x=tea%2D1' }, {}, 'history-elsewhere'],
  [
    'an item in the query of a pixel',
    { url: 'https://t.example/p.gif?id=tea-1', kind: 'image' },
    {},
    'history-elsewhere',
  ],
  [
    'an item in the body for a stranger',
    { method: 'POST', url: 'https://t.example/c', body: '["tea-1"]', bodyBytes: 9 },
    {},
    'history-elsewhere',
  ],
  [
    'an item in a cookie',
    {},
    { cookies: [{ name: 'seen', domain: 'shop.example', bytes: 9, value: 'tea-1' }] },
    'history-in-cookie',
  ],
  [
    'a database in memory mode',
    {},
    {
      use: { ...USE, isMemoryOnly: true },
      storage: [
        { origin: 'https://shop.example', local: [], session: [], databases: ['pocketshelf-x', 'cart'], caches: [] },
      ],
    },
    'memory-stored',
  ],
])('%s is a breach', (_, request, over, rule) => {
  expect(rules(seen([request], over))).toEqual([rule])
})

test('events with consent and whole hours are none, and neither is a word that holds an id', () => {
  expect(rules(seen([sent('{"events":[{"at":1709373600000,"item":"tea-1"}]}')], consented))).toEqual([])
  expect(rules(seen([{ url: 'https://t.example/?x=tea-12&y=7' }]))).toEqual([])
})

test('the same breach is counted', () => {
  const found = findBreaches(seen([{ cookies: ['a'] }, { cookies: ['b'] }]))
  expect(found).toMatchObject([
    { rule: 'edge-cookie', count: 2, what: 'GET https://edge.example/v1/sites/shop/channels/main' },
  ])
})

test('docs/audit.md names every rule with its promise', () => {
  const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
  for (const [rule, promise] of Object.entries(RULES)) expect(page).toContain(`| \`${rule}\` | ${promise} |`)
})
