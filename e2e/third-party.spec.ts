import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { headingText, SHELF } from './promises/scene.ts'
import { test as base, expect } from './support/fixtures.ts'
import { type HostPage, serveHost } from './support/host-page.ts'
import type { OpenSite } from './support/open-site.ts'

type Parts = {
  /** A directory for a browser's profile; gone after the test. */
  readonly profile: string
  /** A page with a shelf. */
  readonly shop: HostPage
  /** A page of another site that has the shop in a frame. */
  readonly portal: HostPage
}

const test = base.extend<Parts>({
  profile: async ({ browserName: _ }, use) => {
    const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-profile-'))
    await use(dir)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  },
  shop: async ({ small }, use) => {
    const shop = await serveHost(SHELF + tag(small), { headers: { 'set-cookie': 'shop=1; SameSite=None; Secure' } })
    await use(shop)
    shop.close()
  },
  portal: async ({ shop }, use) => {
    // Browsers take 127.0.0.1 and localhost for two sites.
    const portal = await serveHost(
      `<iframe src="${shop.url.replace('127.0.0.1', 'localhost')}" width="900" height="600"></iframe>`,
    )
    await use(portal)
    portal.close()
  },
})

function tag({ url, prepared }: OpenSite): string {
  const data = `data-edge="${url}" data-site="demo" data-keys="${prepared.publicKey}"`
  return `<script async crossorigin src="${url}/pocketshelf.js" ${data}></script>`
}

/** Opens the portal in a browser that blocks what other sites would keep, and expects the shop in its frame to work all the same. */
async function expectShelfInBlockedFrame(context: BrowserContext, portal: HostPage): Promise<void> {
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(portal.url)
  const shelf = page.frameLocator('iframe').locator('pocket-shelf')
  await expect(shelf.getByRole('listitem')).toHaveCount(8)
  const frame = page.frames().find((one) => one.url().startsWith('http://localhost'))
  const refused = await frame?.evaluate(() => {
    try {
      return `${localStorage.length} values`
    } catch (error) {
      return error instanceof DOMException ? error.name : 'another error'
    }
  })
  expect(refused, 'what the browser says of storage in the frame').toBe('SecurityError')
  const state = await frame?.evaluate(async () => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    addEventListener('rec-click', (event) => event.preventDefault())
    return { ...(await pocketshelf.status()), errors: window.pageErrors, cookie: document.cookie }
  })
  expect(state).toMatchObject({ storage: 'memory', errors: [], cookie: '' })
  // Firefox's driver cannot point into a frame that has a process of its own.
  await shelf.getByRole('listitem').nth(1).getByRole('link').dispatchEvent('click')
  await expect(shelf.getByRole('heading', { name: 'For you' })).toBeVisible()
}

test('in a frame whose cookies Chromium blocks a shelf lives in memory and reacts', async ({
  playwright,
  profile,
  portal,
}, info) => {
  await mkdir(join(profile, 'Default'))
  const settings = { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } }
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(settings))
  const context = await playwright.chromium.launchPersistentContext(profile, info.project.use.launchOptions)
  await expectShelfInBlockedFrame(context, portal)
  await context.close()
})

test('in a private window of Firefox a shelf works, also in a frame whose cookies it blocks, and the disk keeps nothing', async ({
  playwright,
  profile,
  shop,
  portal,
}, info) => {
  const { channel, launchOptions } = info.config.projects.find(({ name }) => name === 'firefox')?.use ?? {}
  const firefoxUserPrefs = {
    'browser.privatebrowsing.autostart': true,
    'network.cookie.cookieBehavior': 1,
    'network.cookie.cookieBehavior.pbmode': 1,
  }
  const options = { ...launchOptions, ...(channel === undefined ? {} : { channel }), firefoxUserPrefs }
  const context = await playwright.firefox.launchPersistentContext(profile, options)
  await expectShelfInBlockedFrame(context, portal)
  await expectShelf(await context.newPage(), shop)
  await context.close()
  const kept = join(profile, 'storage', 'default')
  expect(existsSync(kept) ? readdirSync(kept) : []).toEqual([])
})

async function expectShelf(page: Page, { url }: HostPage): Promise<void> {
  await page.goto(url)
  await page.evaluate(() => addEventListener('rec-click', (event) => event.preventDefault()))
  await page.locator('pocket-shelf').getByRole('listitem').nth(1).getByRole('link').click()
  await expect.poll(() => page.evaluate(headingText)).toBe('For you')
  expect(await page.evaluate(() => window.pageErrors)).toEqual([])
}
