import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import type { OpenSite } from './support/open-site.ts'
import { openHtml } from './support/site-page.ts'

/** Opens a page with the drop-in and this markup before it. */
async function openShelf(page: Page, site: OpenSite, markup: string): Promise<void> {
  const data = `data-site="demo" data-keys="${site.prepared.publicKey}" data-storage="memory"`
  const script = `<script async src="/pocketshelf.js" ${data}></script><script>window.addEventListener('rec-click', (e) => e.preventDefault())</script>`
  await openHtml(page, site, markup + script)
}

const cards = (page: Page) => page.locator('pocket-shelf').getByRole('listitem')
const idsOf = (page: Page) => cards(page).evaluateAll((list) => list.map((card) => card.getAttribute('data-id') ?? ''))

/** Two items that the visitor looks at, so that scenes about them have something to say. */
async function look(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const { items } = await pocketshelf.recommend({ scene: 'for-you', count: 2 })
    await pocketshelf.track(items.map(({ id }) => ({ type: 'view', item: id })))
    return items[0]?.id ?? ''
  })
}

test('every scene fills a shelf, each under its own heading', async ({ page, small }) => {
  await openShelf(page, small, '<pocket-shelf scene="for-you"></pocket-shelf>')
  await expect(cards(page)).toHaveCount(8)
  const item = await look(page)
  const headings = {
    'for-you': 'For you',
    similar: 'Similar items',
    'because-you': /^Because of /,
    'bought-together': 'Often taken together',
    trending: 'Trending',
    fresh: 'New here',
    'recently-viewed': 'Recently viewed',
  }
  for (const [scene, heading] of Object.entries(headings)) {
    await page.evaluate(
      ([scene, item]) => {
        const shelf = document.querySelector('pocket-shelf')
        shelf?.setAttribute('scene', scene ?? '')
        shelf?.setAttribute('item', /similar|bought/.test(scene ?? '') ? (item ?? '') : '')
      },
      [scene, item],
    )
    await expect(page.getByRole('heading', { name: heading })).toBeVisible()
    expect(await cards(page).count(), scene).toBeGreaterThan(0)
  }
})

test('scene="rerank" puts the page’s own children in order and keeps everything else of them', async ({
  page,
  small,
}) => {
  await openShelf(page, small, '<pocket-shelf scene="trending"></pocket-shelf>')
  await expect(cards(page)).toHaveCount(8)
  await look(page)
  const ids = await page.evaluate(async () => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const { items } = await pocketshelf.search({ limit: 6, offset: 40 })
    const own = document.createElement('pocket-shelf')
    own.setAttribute('scene', 'rerank')
    const rows = items.map(({ id, title }) => `<li><a href="#" data-item-id="${id}">${title}</a></li>`)
    own.innerHTML = `<ul id="own"><li>Results</li>${rows.join('')}</ul>`
    document.body.append(own)
    return items.map(({ id }) => id)
  })
  const wanted = await page.evaluate(async (items) => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    return (await pocketshelf.rerank(items)).items.map(({ id }) => id)
  }, ids)
  expect(wanted).not.toEqual(ids)
  const own = page.locator('#own')
  const order = () =>
    own.locator('[data-item-id]').evaluateAll((all) => all.map((one) => one.getAttribute('data-item-id')))
  await expect.poll(order).toEqual(wanted)
  await expect(own.getByRole('listitem').first()).toHaveText('Results')
})

test('`more` adds items at the end of a carousel and by a button under a grid, none of them twice', async ({
  page,
  small,
}) => {
  await openShelf(page, small, '<pocket-shelf scene="for-you" count="12" more></pocket-shelf>')
  await expect(cards(page)).toHaveCount(12)
  await cards(page).last().scrollIntoViewIfNeeded()
  await expect(cards(page)).toHaveCount(24)
  await page.evaluate(() => document.querySelector('pocket-shelf')?.setAttribute('layout', 'grid'))
  await page.evaluate(() => document.querySelector('pocket-shelf')?.setAttribute('count', '20'))
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => cards(page).count()).toBeGreaterThanOrEqual(40)
  const ids = await idsOf(page)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a template draws the cards, and the page’s words are said', async ({ page, small }) => {
  const words =
    '<script type="application/json" data-pocketshelf-words>{"popular":"Beliebt","like":"Mehr davon"}</script>'
  const template = '<template><a data-field="link"><b data-field="title"></b><i data-field="reason"></i></a></template>'
  await openShelf(page, small, `${words}<pocket-shelf link="/p/{id}" scene="for-you">${template}</pocket-shelf>`)
  await expect(page.getByRole('heading', { name: 'Beliebt' })).toBeVisible()
  const [id = ''] = await idsOf(page)
  await expect(cards(page).first().locator('b')).not.toBeEmpty()
  await expect(cards(page).first().getByRole('link')).toHaveAttribute('href', `/p/${id}`)
  await cards(page).first().hover()
  await cards(page).first().getByRole('button').click()
  await expect(page.getByRole('menuitem', { name: 'Mehr davon' })).toBeVisible()
})

test('a like is seen and a hidden card is gone in the same frame', async ({ page, small }) => {
  await openShelf(page, small, '<pocket-shelf scene="trending"></pocket-shelf>')
  await expect(cards(page)).toHaveCount(8)
  const [first = '', second = ''] = await idsOf(page)
  const judged = await page.evaluate(
    ([first, second]) => {
      const root = document.querySelector('pocket-shelf')?.shadowRoot
      const judge = (id: string, place: number) => {
        root?.querySelector<HTMLElement>(`li[data-id="${id}"] .more`)?.click()
        root?.querySelectorAll<HTMLElement>('[role="menuitem"]')[place]?.click()
      }
      judge(first ?? '', 1)
      judge(second ?? '', 3)
      const isLiked = root?.querySelector(`li[data-id="${first}"]`)?.hasAttribute('data-liked')
      return { isLiked, isGone: root?.querySelector(`li[data-id="${second}"]`) === null }
    },
    [first, second],
  )
  expect(judged).toEqual({ isLiked: true, isGone: true })
  await expect.poll(() => idsOf(page)).not.toContain(second)
})

test('a list that changes by itself shifts no layout', async ({ page, small }) => {
  await openShelf(page, small, '<pocket-shelf scene="for-you" layout="grid" count="12"></pocket-shelf>')
  await expect(cards(page)).toHaveCount(12)
  const [first = '', second = ''] = await idsOf(page)
  await page.evaluate((item) => {
    const watch = Object.assign(window, { shifted: 0 })
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) watch.shifted += (entry as PerformanceEntry & { value: number }).value
    })
    observer.observe({ type: 'layout-shift' })
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    return pocketshelf.track({ type: 'hide', item })
  }, first)
  await expect.poll(() => idsOf(page)).not.toContain(first)
  const shifted = await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    return (window as object as { shifted: number }).shifted
  })
  expect(shifted).toBe(0)
  expect((await idsOf(page))[0]).toBe(second)
})

test('where text runs from right to left the carousel and its keys do too', async ({ page, small }) => {
  await openShelf(page, small, '<div dir="rtl"><pocket-shelf scene="for-you" count="16"></pocket-shelf></div>')
  await expect(cards(page)).toHaveCount(16)
  const first = await cards(page).first().boundingBox()
  const second = await cards(page).nth(1).boundingBox()
  expect(second?.x).toBeLessThan(first?.x ?? 0)
  await cards(page).first().getByRole('link').focus()
  await page.keyboard.press('ArrowLeft')
  await expect(cards(page).nth(1).getByRole('link')).toBeFocused()
  await page.getByRole('button', { name: 'Forward' }).click()
  const scrolled = () =>
    page
      .locator('pocket-shelf')
      .getByRole('list')
      .evaluate((list) => list.scrollLeft)
  await expect.poll(scrolled).toBeLessThan(-50)
})

test('an empty shelf says what would fill it, or nothing at all where the page wants that', async ({ page, small }) => {
  const quiet = '<pocket-shelf id="quiet" scene="recently-viewed" empty="hide"></pocket-shelf>'
  await openShelf(page, small, `<pocket-shelf scene="recently-viewed"></pocket-shelf>${quiet}`)
  const said = page.locator('pocket-shelf').first().getByText('What you look at appears here, on this device only.')
  await expect(said).toBeVisible()
  await expect.poll(() => page.locator('#quiet').evaluate((shelf) => shelf.getBoundingClientRect().height)).toBe(0)
})

test('diversity spreads a list over more categories', async ({ page, small }) => {
  await openShelf(page, small, '<pocket-shelf scene="for-you" count="20"></pocket-shelf>')
  await expect(cards(page)).toHaveCount(20)
  await look(page)
  const spread = (diversity: number) =>
    page.evaluate(async (diversity) => {
      const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
      const rules = { diversity, maxPerCategory: 0, exploration: 0 }
      const { items } = await pocketshelf.recommend({ scene: 'for-you', count: 20, rules })
      return new Set(items.map(({ card }) => card.category)).size
    }, diversity)
  expect(await spread(0.9)).toBeGreaterThanOrEqual(await spread(0))
  await page.evaluate(() => document.querySelector('pocket-shelf')?.setAttribute('diversity', '0.9'))
  await expect(cards(page)).toHaveCount(20)
})
