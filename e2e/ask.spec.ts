import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import type { OpenSite } from './support/open-site.ts'
import { openHtml } from './support/site-page.ts'
import { readStores } from './support/stores.ts'

type Drop = { readonly pocketshelf: typeof window.recommender }

const question = (page: Page) => page.getByRole('region', { name: 'Remember your taste in this browser?' })
const cards = (page: Page) => page.locator('pocket-shelf').getByRole('listitem')
const status = (page: Page) => page.evaluate(() => (window as object as Drop).pocketshelf.status())

/** Opens a page that asks, looks at its first item, and waits for the list that follows. */
async function openAsking(page: Page, site: OpenSite, markup = ''): Promise<void> {
  const data = `data-site="demo" data-keys="${site.prepared.publicKey}" data-storage="ask"`
  const shelf = '<pocket-shelf scene="for-you" link="#{id}"></pocket-shelf>'
  await openHtml(page, site, `${shelf}${markup}<script async src="/pocketshelf.js" ${data}></script>`)
  await expect(cards(page)).toHaveCount(8)
  await expect(question(page)).toHaveCount(0)
  await cards(page).nth(1).getByRole('link').click()
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
}

/** Everything that the origin keeps, with databases by name. */
async function kept(page: Page) {
  const { databases, local, session } = await readStores(page)
  return { databases: Object.keys(databases).length, local, session }
}

test('with data-storage="ask" nothing is kept until the visitor says yes, and then all of it is', async ({
  page,
  context,
  small,
}) => {
  await openAsking(page, small)
  expect(await kept(page)).toEqual({ databases: 0, local: {}, session: {} })
  expect(await status(page)).toMatchObject({ storage: 'memory', historyItems: 1 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // axe brings its own copy of playwright-core, whose types do not know ours.
    const { violations } = await new AxeBuilder({ page: page as never }).include('body > div').analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
  }
  await question(page).getByRole('button', { name: 'Yes, keep it here' }).press('Enter')
  await expect(question(page)).toHaveCount(0)
  await expect.poll(() => status(page)).toMatchObject({ storage: 'persistent', historyItems: 1 })
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
  await expect(cards(page)).toHaveCount(8)
  expect((await kept(page)).local).toEqual({ 'pocketshelf:keep': 'persistent' })

  const later = await context.newPage()
  await later.goto(page.url())
  await expect(later.getByRole('heading', { name: 'For you' })).toBeVisible()
  await cards(later).nth(2).getByRole('link').click()
  await expect.poll(() => status(later)).toMatchObject({ historyItems: 2 })
  await expect(question(later)).toHaveCount(0)
})

test('a no keeps the answer alone, and the lists of the page go on', async ({ page, small }) => {
  await openAsking(page, small)
  await question(page).getByRole('button', { name: 'No, do not keep it' }).click()
  await expect(question(page)).toHaveCount(0)
  expect(await status(page)).toMatchObject({ storage: 'memory', historyItems: 1 })
  const answer = { databases: 0, local: { 'pocketshelf:keep': 'memory' }, session: {} }
  expect(await kept(page)).toEqual(answer)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Popular now' })).toBeVisible()
  await cards(page).nth(1).getByRole('link').click()
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
  await expect(question(page)).toHaveCount(0)
  expect(await kept(page)).toEqual(answer)
})

test('Escape puts the question off, a page words it itself, and a yes can be taken back', async ({ page, small }) => {
  const words = { ask: { title: 'Remember your taste in this browser?', yes: 'Ja, gern', no: 'Nein' } }
  await openAsking(
    page,
    small,
    `<script type="application/json" data-pocketshelf-words>${JSON.stringify(words)}</script>`,
  )
  await expect(question(page).getByRole('button', { name: 'Ja, gern' })).toBeVisible()
  await question(page).getByRole('button', { name: 'Nein' }).press('Escape')
  await expect(question(page)).toHaveCount(0)
  expect((await kept(page)).local).toEqual({})

  const choose = (choice: 'persistent' | 'memory') =>
    page.evaluate((choice) => (window as object as Drop).pocketshelf.storage.choose(choice), choice)
  expect(await choose('persistent')).toBe('persistent')
  expect((await kept(page)).databases).toBeGreaterThan(0)
  expect(await choose('memory')).toBe('memory')
  expect(await kept(page)).toEqual({ databases: 0, local: { 'pocketshelf:keep': 'memory' }, session: {} })
  await expect(page.getByRole('heading', { name: 'Popular now' })).toBeVisible()
})
