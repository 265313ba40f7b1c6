import type { Page } from '@playwright/test'
import { BROWSER_HEADERS } from './support/browser-headers.ts'
import { ENGINES, expect, test } from './support/fixtures.ts'
import { noteObjects } from './support/note-objects.ts'
import { ShopPage } from './support/shop-page.ts'
import { readStores } from './support/stores.ts'
import { layWire, type Sent } from './support/wire.ts'

/** All that a request for a release may carry; the browser sets each of them. */
const PUBLIC_HEADERS: readonly string[] = [...BROWSER_HEADERS, 'if-none-match']

const PUBLIC_PATH = /^\/v1\/sites\/demo\/(?:channels\/main|objects\/[0-9a-f]{64})$/

test('by default nothing about the visitor leaves the device', async ({ context, page, demo }) => {
  const wire = await layWire(demo.url)
  const elsewhere: string[] = []
  context.on('request', (request) => {
    if (/^http/.test(request.url()) && !request.url().startsWith(wire.url)) elsewhere.push(request.url())
  })
  const opened = await useShop(page, wire.url)
  expect(opened.length).toBeGreaterThanOrEqual(5)
  const requests = wire.sent.filter(({ path }) => path.startsWith('/v1/'))
  expect(requests.length).toBeGreaterThan(10)
  for (const request of requests) expectPublic(request, opened)
  expect(wire.sent.filter(({ method, body }) => method !== 'GET' || body !== '')).toEqual([])
  expect(wire.sent.filter(({ headers }) => headers.cookie !== undefined)).toEqual([])
  expect(elsewhere).toEqual([])
  await wire.close()
})

test('every visitor asks for the same objects in the same order, whatever they do', async ({ browser, demo }) => {
  const orders: string[][] = []
  for (const isBusy of [true, false]) {
    const context = await browser.newContext()
    const asked = noteObjects(context)
    const page = await context.newPage()
    if (isBusy) await useShop(page, demo.url)
    else await waitForEngines(await ShopPage.open(page, demo.url))
    orders.push(asked)
    await context.close()
  }
  const [busy = [], idle = []] = orders
  expect(idle.length).toBeGreaterThan(10)
  expect(busy).toEqual(idle)
})

test('forgetting empties every store, and the shelf is popular again', async ({ page, demo }) => {
  const shop = await ShopPage.open(page, demo.url)
  await waitForEngines(shop)
  const [department = ''] = await someDepartments(shop)
  await shop.lookAround(department, 3)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('link', { name: 'Your data' }).first().click()
  await expect(page.getByRole('heading', { name: 'What it remembers' })).toBeVisible()
  const before = await readStores(page)
  expect(before.databases['pocketshelf:profile/events']?.length).toBeGreaterThanOrEqual(4)
  expect(before.databases['pocketshelf:profile/snapshots']?.length).toBeGreaterThanOrEqual(3)
  expect(Object.keys(before.local)).toHaveLength(1)

  await page.getByRole('button', { name: 'Forget everything' }).click()
  await page.getByRole('button', { name: 'Yes, forget everything' }).click()
  await expect(page.getByText('Everything is forgotten.')).toBeVisible()
  const { databases, session, local } = await readStores(page)
  const names = Object.keys(databases)
  expect(names.filter((name) => name.startsWith('pocketshelf:profile/')).length).toBeGreaterThanOrEqual(4)
  for (const name of names) {
    if (!name.startsWith('pocketshelf:shards/')) expect(databases[name], name).toEqual([])
    else for (const { key } of databases[name] ?? []) expect(key).toMatch(/^(?:[0-9a-f]{64}|release:main)$/)
  }
  expect({ session, local: Object.values(local).filter((text) => text !== '[]') }).toEqual({ session: {}, local: [] })

  await shop.goHome()
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  await page.reload()
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  await expect(shop.shelf('For you')).toHaveCount(0)
})

/** Looks around, opens, likes, hides, searches, buys. @returns Ids of the items that were opened. */
async function useShop(page: Page, url: string): Promise<readonly string[]> {
  const shop = await ShopPage.open(page, url)
  await expect(shop.cards('Popular now').nth(4)).toBeVisible()
  const ids: string[] = []
  page.on('framenavigated', (frame) => {
    const [, id] = /\/item\/(.+)$/.exec(frame.url()) ?? []
    if (id !== undefined) ids.push(decodeURIComponent(id))
  })
  const departments = await someDepartments(shop)
  for (const department of departments.slice(0, 2)) await shop.lookAround(department, 2)
  await page.getByRole('button', { name: '♥ Like' }).click()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('searchbox').fill('the')
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('region', { name: 'Results' }).getByRole('listitem').first().getByRole('link').click()
  await page.getByRole('button', { name: 'Not for me' }).click()
  await page.getByRole('link', { name: /^Cart/ }).click()
  await page.getByRole('button', { name: 'Buy (demo)' }).click()
  await page.getByRole('link', { name: 'Your data' }).first().click()
  await page.getByRole('button', { name: 'Look for a newer release' }).click()
  await expect(page.getByText('This is the newest release.')).toBeVisible()
  await shop.goHome()
  await expect(shop.cards('For you').nth(4)).toBeVisible()
  await waitForEngines(shop)
  await page.reload()
  await expect(shop.cards('For you').nth(4)).toBeVisible()
  return ids
}

async function someDepartments(shop: ShopPage): Promise<readonly string[]> {
  const chips = shop.page.getByRole('navigation', { name: 'Departments' }).getByRole('listitem')
  await expect(chips.nth(5)).toBeVisible()
  return chips.allInnerTexts()
}

async function waitForEngines(shop: ShopPage): Promise<void> {
  await expect.poll(() => shop.mark('engines-ready'), ENGINES).toBe(1)
}

function expectPublic({ path, headers }: Sent, opened: readonly string[]): void {
  expect(path).toMatch(PUBLIC_PATH)
  expect(Object.keys(headers).filter((name) => !PUBLIC_HEADERS.includes(name))).toEqual([])
  expect(headers.referer).toBeUndefined()
  const text = JSON.stringify([path, headers])
  for (const id of opened) expect(text).not.toContain(id)
}
