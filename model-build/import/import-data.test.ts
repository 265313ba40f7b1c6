import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImportRequest } from '../commands/requests.ts'
import { DEFAULTS } from '../config/defaults.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { createIo } from '../publish/testing/tiny-site.ts'
import { importData } from '../steps/import-data.ts'

let dir = ''
let count = 0
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-import-'))
})
afterAll(() => rm(dir, { recursive: true }))

type Files = Readonly<Record<string, string | Buffer>>
type Options = Partial<Pick<ImportRequest, 'format' | 'events' | 'impressions'>>

/** Imports files of these names and contents. */
async function importOf(source: ImportRequest['source'], contents: Files, options: Options = {}) {
  const from = await mkdtemp(join(dir, `in-${count++}-`))
  const paths: string[] = []
  for (const [name, content] of Object.entries(contents)) {
    paths.push(join(from, name))
    await writeFile(join(from, name), content)
  }
  const out = join(from, 'out')
  const io = createIo()
  const request = {
    source,
    files: paths,
    outDir: out,
    format: 'csv',
    events: {},
    impressions: false,
    ...options,
  } as const
  const { summary } = await importData(request, io)
  const lines = async (name: string) =>
    (await readFile(join(out, name), 'utf8').catch(() => '')).trimEnd().split('\n').slice(1)
  return { summary, out, io, log: await lines('interactions.csv'), items: await lines('items.csv') }
}

const json = (value: unknown) => JSON.stringify(value)
const jsonl = (...values: readonly unknown[]) => values.map(json).join('\n')

describe('gorse', () => {
  const item = {
    ItemId: 'gorse-io:gorse',
    IsHidden: false,
    Categories: ['golang', 'machine-learning'],
    Timestamp: '2022-03-01T08:30:00Z',
    Labels: { title: 'Gorse', topics: ['recommender', 'ai'], stars: 8000 },
    Comment: 'A recommender engine',
  }
  const feedback = {
    FeedbackType: 'star',
    UserId: 'bob',
    ItemId: 'gorse-io:gorse',
    Timestamp: '2022-03-02T10:00:00Z',
    Comment: '',
  }

  test('reads items and feedback of the API, lists and lines', async () => {
    const found = await importOf('gorse', {
      'items.json': json([item, { ItemId: 'old', IsHidden: true, Categories: [], Labels: ['a', 'b'], Timestamp: '' }]),
      'feedback.jsonl': jsonl(
        feedback,
        { ...feedback, FeedbackType: 'read', Timestamp: '2022-03-03 11:00:00 +0100 CET' },
        { ...feedback, FeedbackType: 'read', UserId: 'eve', Timestamp: '' },
      ),
      'users.json': json([{ UserId: 'bob', Labels: ['x'] }]),
    })
    expect(found.items).toEqual([
      'gorse-io:gorse,Gorse,golang,,,,2022-03-01T08:30:00.000Z,"[""machine-learning"",""recommender"",""ai""]",true',
      'old,,,,,,,"[""a"",""b""]",false',
    ])
    expect(found.log).toEqual(['bob,gorse-io:gorse,2022-03-02T10:00:00.000Z,favorite,', 'eve,gorse-io:gorse,,view,'])
    expect(found.summary).toMatchObject({
      refused: 1,
      users: 2,
      files: [{}, { refused: { 'unreadable-timestamp': 1 } }, { skipped: { 'user-record': 1 } }],
    })
  })

  test('reads the CSV of its export, with bars in lists', async () => {
    const found = await importOf('gorse', {
      'items.csv':
        'item_id,is_hidden,categories,time_stamp,labels,description\n007,0,movie|drama,2020-01-02,red|blue,"A film, long"\n',
      'feedback.csv': 'feedback_type,user_id,item_id,time_stamp\nlike,1,007,2020-01-03T04:05:06Z\n',
    })
    expect(found.items).toEqual([
      '007,"A film, long",movie,,,,2020-01-02T00:00:00.000Z,"[""drama"",""red"",""blue""]",true',
    ])
    expect(found.log).toEqual(['1,007,2020-01-03T04:05:06.000Z,like,'])
  })
})

describe('metarank', () => {
  const events = [
    {
      event: 'item',
      id: 'e2',
      timestamp: '1599391469000',
      item: 'item1',
      fields: [
        { name: 'price', value: 20 },
        { name: 'availability', value: false },
      ],
    },
    {
      event: 'item',
      id: 'e1',
      timestamp: '1599391467000',
      item: 'item1',
      fields: [
        { name: 'title', value: 'Nice jeans' },
        { name: 'price', value: 25 },
        { name: 'color', value: ['blue', 'black'] },
      ],
    },
    { event: 'user', id: 'e3', timestamp: '1599391467000', user: 'user1', fields: [{ name: 'age', value: 33 }] },
    {
      event: 'ranking',
      id: 'r1',
      timestamp: '1599391467000',
      session: 's1',
      items: [{ id: 'item3', relevancy: 2 }, { id: 'item1' }],
    },
    {
      event: 'interaction',
      id: 'i1',
      ranking: 'r1',
      timestamp: '1599391468000',
      user: 'user1',
      session: 's1',
      type: 'purchase',
      item: 'item1',
      fields: [{ name: 'value', value: 25 }],
    },
    { event: 'interaction', id: 'i2', timestamp: 1599391469500, session: 's1', type: 'click', item: 'item3' },
    { event: 'interaction', id: 'i3', timestamp: 1599391469500, type: 'click', item: 'item3' },
    { event: 'interaction', id: 'i4', timestamp: 'yesterday', user: 'user1', type: 'click', item: 'item3' },
    { event: 'purchase', id: 'i5', timestamp: 1599391469500 },
  ]

  test('joins the updates of an item by their time and reads milliseconds', async () => {
    const found = await importOf('metarank', { 'events.jsonl.gz': gzipSync(jsonl(...events)) })
    expect(found.items).toEqual(['item1,Nice jeans,,,,20,,"[""blue"",""black""]",false'])
    expect(found.log).toEqual([
      'user1,item1,2020-09-06T11:24:28.000Z,purchase,25',
      's1,item3,2020-09-06T11:24:29.500Z,click,',
    ])
    expect(found.summary).toMatchObject({
      files: [
        {
          records: 9,
          refused: { 'missing-user': 1, 'unknown-record': 1, 'unreadable-timestamp': 1 },
          skipped: { impression: 1, 'user-record': 1 },
        },
      ],
    })
  })

  test('keeps shown lists when asked', async () => {
    const found = await importOf('metarank', { 'events.jsonl': jsonl(events[3]) }, { impressions: true })
    expect(found.log).toEqual([
      's1,item3,2020-09-06T11:24:27.000Z,impression,',
      's1,item1,2020-09-06T11:24:27.000Z,impression,',
    ])
  })
})

describe('algolia', () => {
  test('reads Insights events, one row per object, with the money of each', async () => {
    const base = { index: 'products', userToken: 'anonymous-1', timestamp: 1641290601962 }
    const found = await importOf('algolia', {
      'events.json': json({
        events: [
          {
            ...base,
            eventType: 'click',
            eventName: 'Product Clicked',
            objectIDs: ['9780545139700', '9780439784542'],
            queryID: 'q',
            positions: [7, 6],
          },
          {
            ...base,
            authenticatedUserToken: 'user-7',
            eventType: 'conversion',
            eventSubtype: 'purchase',
            eventName: 'Bought',
            objectIDs: ['a', 'b'],
            objectData: [{ price: 19.99, quantity: 2 }, { price: '5.00' }],
            currency: 'EUR',
            value: 44.98,
          },
          { ...base, eventType: 'conversion', eventSubtype: 'addToCart', eventName: 'x', objectIDs: ['a'], value: 10 },
          { ...base, eventType: 'conversion', eventName: 'Added to wishlist', objectIDs: ['a'] },
          { ...base, eventType: 'view', eventName: 'Filter', filters: ['brand:x'] },
          { ...base, userToken: '', eventType: 'view', eventName: 'v', objectIDs: ['a'] },
        ],
      }),
    })
    expect(found.log).toEqual([
      'anonymous-1,9780545139700,2022-01-04T10:03:21.962Z,click,',
      'anonymous-1,9780439784542,2022-01-04T10:03:21.962Z,click,',
      'user-7,a,2022-01-04T10:03:21.962Z,purchase,39.98',
      'user-7,b,2022-01-04T10:03:21.962Z,purchase,5',
      'anonymous-1,a,2022-01-04T10:03:21.962Z,cart,10',
      'anonymous-1,a,2022-01-04T10:03:21.962Z,favorite,',
    ])
    expect(found.summary).toMatchObject({
      files: [{ refused: { 'missing-user': 1 }, skipped: { 'no-item-named': 1 } }],
    })
  })

  test('reads the CSV of Recommend and the records of an index', async () => {
    const found = await importOf('algolia', {
      'events.csv':
        'userToken,timestamp,objectID,eventType,eventName\nu1,2024-05-01T09:00:00+02:00,p1,click,Seen\nu1,2024-05-02,p1,conversion,Bought\n',
      'records.ndjson': jsonl({
        objectID: 'p1',
        name: 'Kettle "Blue"',
        brand: 'Acme',
        hierarchicalCategories: { lvl0: 'Home', lvl1: 'Home > Kitchen' },
        image: 'https://shop.example/p1.jpg',
        price: { value: 39.5, currency: 'EUR' },
        _tags: ['sale'],
      }),
    })
    expect(found.log).toEqual(['u1,p1,2024-05-01T07:00:00.000Z,click,', 'u1,p1,2024-05-02T00:00:00.000Z,purchase,'])
    expect(found.items).toEqual([
      'p1,"Kettle ""Blue""",Home,,https://shop.example/p1.jpg,39.5,,"[""Acme"",""sale"",""Kitchen""]",true',
    ])
  })
})

describe('recombee', () => {
  test('knows interactions by the names of their files, in seconds and ISO', async () => {
    const found = await importOf('recombee', {
      'detail_views.csv': 'user_id,item_id,timestamp,duration\nuser-7,event-12,1461151555.25,30\n',
      'purchases.json': json([
        { userId: 'user-50', itemId: 'event-276', timestamp: '2016-04-20T12:50:42+02:00', amount: 2, price: 14.99 },
      ]),
      'ratings.jsonl': jsonl(
        { userId: 'a', itemId: 'x', rating: 0.8 },
        { userId: 'a', itemId: 'y', rating: -0.5 },
        { userId: 'a', itemId: 'z', rating: 0.1 },
      ),
      'items.csv': 'itemId,title,price,categories,available\nevent-12,Opera night,14.99,"[""music"",""opera""]",true\n',
    })
    expect(found.log).toEqual([
      'user-7,event-12,2016-04-20T11:25:55.250Z,view,',
      'user-50,event-276,2016-04-20T10:50:42.000Z,purchase,29.98',
      'a,x,,like,',
      'a,y,,dislike,',
    ])
    expect(found.items).toEqual(['event-12,Opera night,music,,,14.99,,"[""opera""]",true'])
    expect(found.summary).toMatchObject({ files: [{}, {}, { skipped: { 'neutral-rating': 1 } }, {}] })
  })

  test('reads the calls of a batch', async () => {
    const found = await importOf('recombee', {
      'batch.json': json({
        requests: [
          { method: 'POST', path: '/cartadditions/', params: { userId: 'u', itemId: 'i', timestamp: 1700000000 } },
          { method: 'POST', path: '/bookmarks/', params: { userId: 'u', itemId: 'i', timestamp: 1700000001 } },
          { method: 'POST', path: '/items/i', params: { title: 'Chair', '!cascadeCreate': true } },
          { method: 'POST', path: '/users/u', params: { city: 'X' } },
        ],
      }),
    })
    expect(found.log).toEqual(['u,i,2023-11-14T22:13:20.000Z,cart,', 'u,i,2023-11-14T22:13:21.000Z,favorite,'])
    expect(found.items).toEqual(['i,Chair,,,,,,,true'])
  })
})

describe('personalize', () => {
  test('reads the CSV of both datasets, times in seconds', async () => {
    const found = await importOf('personalize', {
      'interactions.csv':
        'USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,IMPRESSION\n196,242,881250949,Watch,0.6,\n196,302,881250950,Purchase,12.5,242|302\n,302,881250950,Click,,\n',
      'items.csv':
        'ITEM_ID,PRICE,CATEGORY_L1,CATEGORY_L2,GENRES,CREATION_TIMESTAMP,PRODUCT_DESCRIPTION\n242,5,Film,Drama,Drama|Thriller,881250000,A film\n',
    })
    expect(found.log).toEqual([
      '196,242,1997-12-04T15:55:49.000Z,view,',
      '196,302,1997-12-04T15:55:50.000Z,purchase,12.5',
    ])
    expect(found.items).toEqual(['242,,Film,,,5,1997-12-04T15:40:00.000Z,"[""Drama"",""Thriller""]",true'])
    expect(found.summary).toMatchObject({ files: [{ refused: { 'missing-user': 1 }, skipped: { impression: 1 } }, {}] })
  })

  test('reads the bodies of PutEvents and PutItems, with JSON in texts', async () => {
    const found = await importOf(
      'personalize',
      {
        'put.jsonl': jsonl(
          {
            trackingId: 't',
            userId: 'u1',
            sessionId: 's1',
            eventList: [
              { eventType: 'click', itemId: 'i1', sentAt: 1719511760, impression: ['i1', 'i2'] },
              { eventType: 'click', sentAt: 1719511761, properties: '{"itemId": "i2"}' },
            ],
          },
          { trackingId: 't', sessionId: 's9', eventList: [{ eventType: 'stream', itemId: 'i1', sentAt: 1719511762 }] },
          {
            datasetArn: 'arn',
            items: [{ itemId: 'i1', properties: '{"name":"One","genres":"a|b","creationTimestamp":1600000000}' }],
          },
        ),
      },
      { impressions: true, events: { stream: 'view' } },
    )
    expect(found.log.map((line) => line.replace(/,2024-06-27T18:09:2\d.000Z/, ''))).toEqual([
      'u1,i1,click,',
      'u1,i1,impression,',
      'u1,i2,impression,',
      'u1,i2,click,',
      's9,i1,view,',
    ])
    expect(found.items).toEqual(['i1,One,,,,,2020-09-13T12:26:40.000Z,"[""a"",""b""]",true'])
  })
})

describe('every source', () => {
  const feedback = { FeedbackType: 'read', UserId: 'u', ItemId: 'i', Timestamp: '2022-01-01T00:00:00Z' }

  test('lists refused records without their contents', async () => {
    const broken = `${json(feedback)}\n{"FeedbackType":\n[1]\n${json({ ...feedback, ItemId: 'x'.repeat(200) })}\n${json({ ...feedback, ItemId: 2 ** 60 })}`
    const { out, summary } = await importOf('gorse', { 'f.jsonl': broken })
    const refused = (await readFile(join(out, 'refused.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(refused).toEqual([
      { file: 'f.jsonl', record: 2, reason: 'malformed-record' },
      { file: 'f.jsonl', record: 3, reason: 'malformed-record' },
      { file: 'f.jsonl', record: 4, reason: 'id-not-usable' },
      { file: 'f.jsonl', record: 5, reason: 'missing-item' },
    ])
    expect(JSON.parse(await readFile(join(out, 'import-report.json'), 'utf8'))).toEqual(JSON.parse(json(summary)))
  })

  test('names events it does not know and keeps them as they are', async () => {
    const { io, log } = await importOf('gorse', { 'f.jsonl': json({ ...feedback, FeedbackType: 'Teleport' }) })
    expect(log).toEqual(['u,i,2022-01-01T00:00:00.000Z,teleport,'])
    expect(io.warnings).toContainEqual(expect.stringContaining('teleport'))
  })

  test('refuses files with nothing of the source and leaves nothing behind', async () => {
    const before = count
    await expect(importOf('metarank', { 'f.jsonl': json(feedback) })).rejects.toMatchObject({ code: 'input-malformed' })
    await expect(importOf('gorse', { 'f.json': '{"a":' })).rejects.toMatchObject({ code: 'input-malformed' })
    await expect(importOf('gorse', { 'f.jsonl.gz': gzipSync(json(feedback)).subarray(0, 20) })).rejects.toMatchObject({
      code: 'input-malformed',
    })
    const left = (await readdir(dir)).filter((name) => Number(name.split('-')[1]) >= before)
    for (const name of left) expect(await readdir(join(dir, name, 'out'))).toEqual([])
  })

  test('what it writes is what a build reads, as CSV and as Parquet', async () => {
    const events = Array.from({ length: 30 }, (_, k) => ({ ...feedback, UserId: `u${k % 5}`, ItemId: `i${k % 7}` }))
    const item = {
      ItemId: 'i1',
      Categories: ['tea'],
      Labels: { title: 'Green, loose', price: 3.5 },
      Timestamp: '2021-01-01T00:00:00Z',
    }
    const files = { 'feedback.jsonl': jsonl(...events), 'items.jsonl': json(item) }
    const datasets = []
    for (const format of ['csv', 'parquet'] as const) {
      const { out } = await importOf('gorse', files, { format })
      const { dataset, report } = await loadDataset({
        interactions: [join(out, `interactions.${format}`)],
        items: [join(out, `items.${format}`)],
        config: DEFAULTS,
        mode: 'drop-nothing',
        nowMs: Date.UTC(2026, 0, 1),
      })
      expect(report.rowsRead).toBe(30)
      expect(dataset.items[0]).toMatchObject({
        id: 'i1',
        title: 'Green, loose',
        category: 'tea',
        price: 3.5,
        createdAt: Date.UTC(2021, 0, 1),
      })
      datasets.push(dataset)
    }
    expect(datasets[1]).toEqual(datasets[0])
  })
})
