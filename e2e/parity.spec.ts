import { expect, test } from './support/fixtures.ts'
import { openSite } from './support/open-site.ts'
import {
  GENERATED,
  GENERATED_DCN,
  GOODBOOKS,
  hasGoodbooks,
  prepareReplay,
  type ReplayedUser,
} from './support/replay.ts'
import { openSitePage, waitForCatalogue, waitForOnnx } from './support/site-page.ts'

test.describe.configure({ timeout: 600_000 })
test.use({ trace: 'off' }) // hundreds of steps: recording them takes longer than taking them

for (const { what, recipe, ranker, asked } of [
  { what: 'a generated shop, ranked by onnx', recipe: GENERATED, ranker: 'onnx', asked: 'onnx' },
  { what: 'a generated shop, ranked by trees', recipe: GENERATED, ranker: 'trees', asked: 'trees' },
  { what: 'goodbooks, ranked by onnx', recipe: GOODBOOKS, ranker: 'onnx', asked: 'onnx' },
  // No trees stand for a network: the runtime comes without the page asking for it.
  {
    what: 'a generated shop, ranked by a deep and cross network',
    recipe: GENERATED_DCN,
    ranker: 'onnx',
    asked: 'auto',
  },
] as const) {
  test(`200 histories of ${what}, give the same top 20 in Chromium as evaluate --mode device, item by item`, async ({
    page,
  }) => {
    test.skip(recipe === GOODBOOKS && !hasGoodbooks(), 'the development data goodbooks-5pct is not here')
    const { site, users } = await prepareReplay(recipe)
    expect(users).toHaveLength(200)
    const open = await openSite(site)
    await openSitePage(page, open, { storage: 'memory', ranker: asked })
    await waitForCatalogue(page)
    if (ranker === 'onnx') await waitForOnnx(page)
    const different: unknown[] = []
    for (const user of users) {
      const { used, ids } = await recommendTo(user)
      expect(used).toBe(ranker)
      if (JSON.stringify(ids) !== JSON.stringify(user.expected)) different.push({ ...user, ids })
    }
    expect(different.length, JSON.stringify(different[0])).toBe(0)
    expect(users.every(({ expected }) => expected.length === 20)).toBe(true)
    await open.stop()

    function recommendTo({ history, nowMs }: ReplayedUser) {
      const seen = history.map(({ item, at }, place) => ({ item, at: at === null ? place + 1 : at * 1_000 }))
      return page.evaluate(
        async ({ seen, nowMs }) => {
          const { recommender } = window
          await recommender.forget()
          const events = seen.map(({ item, at }) => ({ v: 1, type: 'view', item, at }) as const)
          await recommender.profile.import(JSON.stringify({ v: 1, site: 'demo', exportedAt: 0, events }))
          const list = await recommender.recommend({
            scene: 'for-you',
            count: 20,
            rules: null,
            now: nowMs,
            tzOffsetMin: null,
          })
          return { used: list.ranker, ids: list.items.map(({ id }) => id) }
        },
        { seen, nowMs },
      )
    }
  })
}
