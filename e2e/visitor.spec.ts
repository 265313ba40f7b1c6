import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import { ShopPage } from './support/shop-page.ts'

test('a first visitor picks three things and has shelves of their own', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  const asking = page.getByRole('region', { name: 'Pick 3 that you like' })
  await expect(asking.getByRole('listitem')).toHaveCount(12)
  for (const place of [0, 3, 5]) await asking.getByRole('listitem').nth(place).getByRole('button').click()
  await asking.getByRole('button', { name: 'Show me my shelves' }).click()
  await expect(shop.cards('For you').nth(4)).toBeVisible()
  await expect(asking).toHaveCount(0)
  await page.reload()
  await expect(shop.cards('For you').nth(4)).toBeVisible()
  await expect(asking).toHaveCount(0)
})

test('a muted department leaves every shelf, and the dial is kept', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  const [department = ''] = await shop.categories('trending')
  await page.goto(`${demo.url}/you`)
  await page.getByRole('checkbox', { name: department, exact: true }).check()
  await expect(page.getByText(`No more ${department} on your shelves.`)).toBeVisible()
  await page.getByLabel('From familiar to surprising').fill('1')
  await page.goto(demo.url)
  await expect(shop.cards('Trending').nth(4)).toBeVisible()
  for (const scene of ['for-you', 'trending'] as const) expect(await shop.categories(scene)).not.toContain(department)
  await page.goto(`${demo.url}/you`)
  await expect(page.getByLabel('From familiar to surprising')).toHaveValue('1')
  await expect(page.getByRole('checkbox', { name: department, exact: true })).toBeChecked()
})

test('entries of a list go by keyboard one after the other, and the focus stays among them', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  const removal = page.getByRole('button', { name: /^Forget / })
  await expect(shop.cards('Trending').nth(4)).toBeVisible()
  const [department = ''] = await shop.categories('trending')
  await shop.lookAround(department, 2)
  await page.goto(`${demo.url}/lists`)
  await expect(removal).toHaveCount(2)
  await removal.first().focus()
  await page.keyboard.press('Enter')
  await expect(removal).toHaveCount(1)
  await expect(removal).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(removal).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1, name: 'Your lists' })).toBeFocused()
})

test('what another tab does redraws the page of what is known, and the focus stays where it was', async ({
  page,
  demo,
  context,
}) => {
  const other = await ShopPage.open(await context.newPage(), demo.url)
  await expect(other.cards('Trending').nth(4)).toBeVisible()
  const [department = ''] = await other.categories('trending')
  await page.goto(`${demo.url}/you`)
  const choice = page.getByRole('radio', { name: 'Help this shop' })
  await choice.focus()
  await expect(page.getByText('Nothing yet. Open or like a few items and come back.')).toBeVisible()
  await page.evaluate(() => void Object.assign(window, { radio: document.activeElement }))
  await other.lookAround(department, 2)
  await expect(page.getByText('Nothing yet. Open or like a few items and come back.')).toHaveCount(0)
  await expect(choice).toBeFocused()
  expect(await page.evaluate(() => document.activeElement === Reflect.get(window, 'radio'))).toBe(true)
  // A choice that was made is drawn anew, on another radio of the same place.
  await page.keyboard.press('Space')
  await expect(page.getByText('Your choice is kept.')).toBeVisible()
  await other.lookAround(department, 1)
  await expect(choice).toBeFocused()
  await expect(choice).toBeChecked()
})

test('a profile moves to another device as an encrypted file and as a QR code', async ({ page, demo, browser }) => {
  const shop = await ShopPage.open(page, demo.url)
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  await shop.cards('Popular now').nth(1).getByRole('link').click()
  const title = (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
  await page.getByRole('button', { name: '♥ Like' }).click()
  await page.goto(`${demo.url}/you`)
  await page.getByLabel('Passphrase', { exact: true }).fill('seven green teapots')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as a file' }).click(),
  ])
  const text = await readFile(await download.path(), 'utf8')
  expect(text).toMatch(/^pocketshelf1[.]/)
  await page.getByRole('button', { name: 'Show a QR code' }).click()
  await expect(page.getByRole('img', { name: 'QR code of your profile' })).toBeVisible()
  const address = (await page.getByRole('link', { name: 'The same as a link' }).getAttribute('href')) ?? ''

  for (const way of ['file', 'code'] as const) {
    const context = await browser.newContext()
    const other = await context.newPage()
    await other.goto(way === 'code' ? address : `${demo.url}/you`)
    if (way === 'file') await readFileOn(other, text)
    else await readCodeOn(other)
    await expect(other.getByText(/^\d+ events were read[.]$/)).toBeVisible()
    await expect(other.getByRole('link', { name: title, exact: true })).toBeVisible()
    expect(other.url()).not.toContain('#profile')
    await context.close()
  }
})

async function readFileOn(page: Page, text: string): Promise<void> {
  const file = { name: 'my-taste.txt', mimeType: 'text/plain', buffer: Buffer.from(text) }
  await page.getByLabel('Passphrase', { exact: true }).fill('another one')
  await page.getByLabel('Profile file').setInputFiles(file)
  await expect(page.getByText('its passphrase is another one')).toBeVisible()
  await page.getByLabel('Passphrase', { exact: true }).fill('seven green teapots')
  await page.getByLabel('Profile file').setInputFiles(file)
}

async function readCodeOn(page: Page): Promise<void> {
  await page.getByLabel('Its passphrase').fill('seven green teapots')
  await page.getByRole('button', { name: 'Take it over' }).click()
}
