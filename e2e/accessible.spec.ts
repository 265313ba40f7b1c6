import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import { ShopPage } from './support/shop-page.ts'

test.use({ trace: 'off' }) // the source of axe at every step: recording it takes longer than what it does

const SCHEMES = ['light', 'dark'] as const
/** What a colour scheme can spoil; everything else is the same in both. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/** Nothing that axe knows is wrong with the page as it is shown now, or with its colours alone. */
async function expectClean(page: Page, where: string, colorScheme: (typeof SCHEMES)[number]): Promise<void> {
  // axe brings its own copy of playwright-core, whose types do not know ours. The shop has no frames: without the mode for them axe
  // hands every node it looked at, violation or not, through the browser and back into a page of its own.
  expect(page.frames()).toHaveLength(1)
  const axe = new AxeBuilder({ page: page as never }).setLegacyMode().options({ resultTypes: ['violations'] })
  const { violations } = await (colorScheme === 'light' ? axe : axe.withRules(COLOUR_RULES)).analyze()
  expect(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
}

for (const colorScheme of SCHEMES)
  test(`axe finds nothing wrong on any page of the shop in the ${colorScheme} scheme`, async ({
    page,
    context,
    demo,
  }) => {
    test.setTimeout(300_000)
    const clean = (where: string) => expectClean(page, where, colorScheme)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const shop = await ShopPage.open(page, demo.url)
    await expect(shop.cards('Popular now').first()).toBeVisible()
    await clean('front page of a first visit')
    await shop.cards('Popular now').nth(1).getByRole('link').click()
    await page.getByRole('button', { name: '♥ Like' }).click()
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await clean('item, with a message')

    const visit = async (link: string, seen: string) => {
      await page.getByRole('navigation', { name: 'Shop' }).getByRole('link', { name: link }).click()
      await expect(page.getByRole('main').getByText(seen).first()).toBeVisible()
      await clean(link)
    }
    await visit('Departments', 'all on this device')
    await page.getByRole('main').getByRole('link').first().click()
    await expect(page.getByRole('region', { name: 'Results' }).getByRole('listitem').first()).toBeVisible()
    await clean('department')
    await visit('Lists', 'Liked')
    await visit('Cart', 'Total')
    await visit('Your data', 'The engine room')
    await page.getByRole('button', { name: 'Forget everything' }).click()
    await clean('question before forgetting')
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('searchbox').fill('the')
    await page.getByRole('searchbox').press('Enter')
    await expect(page.getByRole('region', { name: 'Results' }).getByRole('listitem').first()).toBeVisible()
    await clean('search')
    await page.goto(`${demo.url}/no-such-page`)
    await clean('no such page')

    await context.setOffline(true)
    await expect(page.getByText('You are offline.')).toBeVisible()
    await shop.goHome()
    await expect(shop.cards('For you').first()).toBeVisible()
    await clean('front page, offline')
    await context.setOffline(false)
  })
