import { ENGINES, expect, test } from './support/fixtures.ts'
import { ShopPage } from './support/shop-page.ts'

test('a first visit shows popular items on two shelves of at least five', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  for (const heading of ['Popular now', 'Trending']) {
    await expect(shop.cards(heading).nth(4)).toBeVisible()
    expect(await shop.cards(heading).count()).toBeGreaterThanOrEqual(5)
  }
  await expect(shop.shelf('For you')).toHaveCount(0)
})

test('after three clicks in one department the for-you shelf shows more of it and says why', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  await expect(shop.cards('Popular now').first()).toBeVisible()
  const before = await shop.categories('for-you')
  const department = rarest(before, await departments(shop))
  const shareOf = (names: readonly string[]) => names.filter((name) => name === department).length / names.length
  const titles = await shop.lookAround(department, 3)
  await shop.goHome()
  await expect(shop.cards('For you').first()).toBeVisible()
  const after = await shop.categories('for-you')
  expect(after).toHaveLength(before.length)
  expect(shareOf(after), `share of ${department}`).toBeGreaterThan(shareOf(before))
  const reasons = [...titles.map((title) => `Because of ${title}`), `You like ${department}`]
  const told = shop.cards('For you').filter({ hasText: new RegExp(reasons.map(escapeText).join('|')) })
  await expect(told.first()).toBeVisible()
})

test('a page tells by performance marks when it started, showed lists and had its engines', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  for (const name of ['start', 'first-list']) await expect.poll(() => shop.mark(name)).toBe(1)
  await expect.poll(() => shop.mark('engines-ready'), ENGINES).toBe(1)
  expect(await shop.mark('first-personal-list')).toBe(0)
  await shop.cards('Popular now').first().getByRole('link').click()
  await expect.poll(() => shop.mark('first-personal-list')).toBe(1)
})

async function departments(shop: ShopPage): Promise<readonly string[]> {
  const chips = shop.page.getByRole('navigation', { name: 'Departments' }).getByRole('listitem')
  await expect(chips.nth(5)).toBeVisible()
  return (await chips.allInnerTexts()).filter((name) => name !== 'All departments')
}

/** The department with the fewest items in a list; the first of several. */
function rarest(list: readonly string[], names: readonly string[]): string {
  const count = (name: string) => list.filter((other) => other === name).length
  return names.toSorted((a, b) => count(a) - count(b))[0] ?? ''
}

function escapeText(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
