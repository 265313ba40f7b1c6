import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './support/fixtures.ts'
import { ShopPage } from './support/shop-page.ts'

for (const path of ['', 'you', 'cart']) {
  test(`axe finds nothing wrong on /${path}`, async ({ page, demo }) => {
    const shop = await ShopPage.open(page, demo.url)
    await expect(shop.cards('Popular now').first()).toBeVisible()
    if (path !== '') await page.goto(new URL(path, demo.url).href)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    // axe brings its own copy of playwright-core, whose types do not know ours.
    const { violations } = await new AxeBuilder({ page: page as never }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
  })
}
