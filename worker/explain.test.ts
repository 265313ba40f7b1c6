import { describe, expect, test } from 'vitest'
import { FEATURE_NAMES } from '#contract/features'
import type { Explanation, RecommendRequest } from '#contract/rpc'
import { click, code, ids, loaded, openPage, type Page, publishedEdge, value } from './testing/page.ts'

const FOR_YOU: RecommendRequest = { scene: 'for-you', count: 10, rules: null }

async function readyPage(): Promise<Page> {
  const page = await openPage(publishedEdge())
  await loaded(page)
  await page.engine.track([click('item-1'), click('item-5'), click('item-9')])
  return page
}

async function explain({ engine }: Page, id: string, request: Partial<RecommendRequest> = {}): Promise<Explanation> {
  return value(await engine.explain(id, { ...FOR_YOU, ...request }))
}

describe('explain', () => {
  test('tells place, score and every feature of an item that is shown', async () => {
    const page = await readyPage()
    const { items } = value(await page.engine.recommend(FOR_YOU))
    const told = await explain(page, items[3]?.id ?? '')
    expect(told).toMatchObject({ verdict: 'shown', position: 3, rank: 3, score: items[3]?.score })
    expect(told).toMatchObject({ reasons: items[3]?.reasons, channels: items[3]?.channels })
    expect(Object.keys(told.features)).toEqual([...FEATURE_NAMES])
  })

  test('tells of an item that others outranked how far it is from the list', async () => {
    const page = await readyPage()
    const { items } = value(await page.engine.recommend({ ...FOR_YOU, count: 20 }))
    const told = await explain(page, items[15]?.id ?? '')
    expect(told).toMatchObject({ verdict: 'outranked', position: null, rank: 15, score: items[15]?.score })
    expect(told.leastShown).toBeGreaterThanOrEqual(told.score ?? Number.POSITIVE_INFINITY)
  })

  test('names what keeps an item out', async () => {
    const page = await readyPage()
    const [first = '', second = '', third = ''] = await ids(page.engine)
    expect((await explain(page, 'item-1')).verdict).toBe('seen')
    expect((await explain(page, 'nobody')).verdict).toBe('unknown')
    expect((await explain(page, first, { exclude: [first] })).verdict).toBe('excluded')
    expect((await explain(page, second, { categories: ['nothing'] })).verdict).toBe('filtered')
    await page.engine.track([{ type: 'hide', item: second }])
    expect((await explain(page, second)).verdict).toBe('refused')
    const category = (await explain(page, third)).card?.category ?? ''
    await page.engine.setPreferences({ muted: [category] })
    expect((await explain(page, third)).verdict).toBe('muted')
  })

  test('refuses what is no item id with bad-request', async () => {
    const page = await readyPage()
    expect(code(await page.engine.explain('', FOR_YOU))).toBe('bad-request')
  })
})

describe('inspect', () => {
  test('has no list before the first request of a scene', async () => {
    const page = await readyPage()
    expect(value(await page.engine.inspect('for-you')).list).toBeNull()
  })

  test('shows features, ranks, channels and rules of a scene’s last request, and what the device holds', async () => {
    const page = await readyPage()
    await page.engine.recommend({ scene: 'for-you', count: 6 })
    const { list, cells, objects, ledger, release, status } = value(await page.engine.inspect('for-you'))
    expect(list?.reply.items).toHaveLength(6)
    expect(list?.features.map((row) => row.length)).toEqual(Array(6).fill(FEATURE_NAMES.length))
    expect(list?.ranks.every((rank) => rank >= 0)).toBe(true)
    expect(list?.channels.vector).toBeGreaterThan(0)
    expect(list?.rules).toHaveProperty('diversity')
    expect(cells.reduce((sum, { items }) => sum + items, 0)).toBe(status.residentItems)
    expect(objects.fetched).toBeGreaterThan(0)
    expect(release.name).toBe(status.release)
    expect(ledger).toMatchObject({ events: 3, choice: null, preferences: { surprise: 0.5, muted: [] } })
  })
})

describe('preferences', () => {
  test('mute a category in every list, and are forgotten with everything else', async () => {
    const page = await readyPage()
    const before = value(await page.engine.recommend(FOR_YOU)).items
    const category = before[0]?.card.category ?? ''
    await page.engine.setPreferences({ muted: [category] })
    for (const scene of ['for-you', 'trending', 'fresh'] as const) {
      const { items } = value(await page.engine.recommend({ scene, count: 10 }))
      expect(items.filter(({ card }) => card.category === category)).toEqual([])
    }
    await page.engine.forget()
    expect(value(await page.engine.preferences())).toEqual({ surprise: 0.5, muted: [] })
  })

  test('give the ranker’s own order at the familiar end and explore at the surprising end', async () => {
    const page = await readyPage()
    await page.engine.setPreferences({ surprise: 0 })
    const familiar = value(await page.engine.recommend({ scene: 'for-you', count: 10 })).items
    expect(familiar.every(({ propensity }) => propensity === 1)).toBe(true)
    await page.engine.setPreferences({ surprise: 1 })
    const surprising = value(await page.engine.recommend({ scene: 'for-you', count: 10 })).items
    expect(surprising.some(({ propensity }) => propensity < 1)).toBe(true)
  })

  test.each([{ surprise: 2 }, { surprise: Number.NaN }, { muted: 'all' }, { muted: [7] }, null])(
    'refuse %j with bad-request and stay as they are',
    async (change) => {
      const page = await readyPage()
      expect(code(await page.engine.setPreferences(change as never))).toBe('bad-request')
      expect(value(await page.engine.preferences())).toEqual({ surprise: 0.5, muted: [] })
    },
  )

  test('travel with an exported profile', async () => {
    const page = await readyPage()
    await page.engine.setPreferences({ surprise: 0.9 })
    const other = await openPage(publishedEdge())
    await other.engine.importProfile(value(await page.engine.exportProfile()))
    expect(value(await other.engine.preferences()).surprise).toBe(0.9)
  })
})
