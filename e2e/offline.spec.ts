import { ENGINES, expect, test } from './support/fixtures.ts'
import { ShopPage } from './support/shop-page.ts'

test('after the first visit a reload without a network still recommends and reacts to a click', async ({
  context,
  page,
  demo,
}) => {
  const shop = await ShopPage.open(page, demo.url)
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  // The engines follow the last cell of the release: by then everything is on the device.
  await expect.poll(() => shop.mark('engines-ready'), ENGINES).toBe(1)
  await page.evaluate(() => navigator.serviceWorker.ready)

  await context.setOffline(true)
  await page.reload()
  await expect(page.getByText('You are offline. The shelves go on working.')).toBeVisible()
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  await expect(shop.cards('Trending').nth(4)).toBeVisible()

  const card = shop.cards('Popular now').nth(1).getByRole('link')
  await card.click()
  await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible()
  await shop.goHome()
  await expect(shop.cards('For you').nth(4)).toBeVisible()
})

test('a deep link opens without a network', async ({ context, page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  await expect.poll(() => shop.mark('engines-ready'), ENGINES).toBe(1)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await context.setOffline(true)
  await page.goto(`${demo.url}/browse`)
  await expect(page.getByText(/\d+ departments, all on this device/)).toBeVisible()
})
