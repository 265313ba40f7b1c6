import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import type { DemoShop } from './demo-shop.ts'

const LOOKS = [
  { name: 'desktop-light', colorScheme: 'light', viewport: { width: 1280, height: 900 }, path: '/' },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 }, path: '/you' },
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 390, height: 844 }, path: '/' },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 }, path: 'item' },
] as const

/** Photographs the shop as a visitor with some history sees it. @returns File names. */
export async function takeScreenshots(browser: Browser, shop: DemoShop, dir: string): Promise<readonly string[]> {
  const files: string[] = []
  for (const { name, colorScheme, viewport, path } of LOOKS) {
    const context = await browser.newContext({ colorScheme, viewport, deviceScaleFactor: 1, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await lookAround(page, shop)
    const address = path === 'item' ? `/item/${encodeURIComponent(shop.item)}` : path
    await page.goto(`${shop.url}${address}`)
    await page.locator('pocket-shelf li img, .box li').first().waitFor()
    await page.waitForLoadState('networkidle')
    const file = `${name}.jpg`
    await page.screenshot({ path: join(dir, file), type: 'jpeg', quality: 82, animations: 'disabled' })
    files.push(file)
    await context.close()
  }
  return files
}

/** Opens three items of one department and likes the last. */
async function lookAround(page: Page, shop: DemoShop): Promise<void> {
  await page.goto(`${shop.url}/category/${encodeURIComponent(shop.category)}`)
  const results = page.getByRole('region', { name: 'Results' }).getByRole('listitem')
  for (const place of [0, 2, 4]) {
    await results.nth(place).getByRole('link').click()
    await page.getByRole('button', { name: '♥ Like' }).waitFor()
    if (place < 4) await page.goBack()
  }
  await page.getByRole('button', { name: '♥ Like' }).click()
  await page.getByText('You will see more like this.').waitFor()
}
