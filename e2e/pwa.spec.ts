import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { ROOT } from './support/command-line.ts'
import { ENGINES, expect, test } from './support/fixtures.ts'
import { forgeManifest, livePointer, resign } from './support/forged.ts'
import { openSite } from './support/open-site.ts'
import { ShopPage } from './support/shop-page.ts'
import { layWire } from './support/wire.ts'

const offerOn = (page: Page) => page.getByRole('region', { name: 'Install the shop' })

test('the browser itself offers the shop for installation, and a refusal by keyboard is kept', async ({
  playwright,
  small,
}, info) => {
  const { launchOptions } = info.project.use
  const profile = join(tmpdir(), `pocketshelf-profile-${crypto.randomUUID()}`)
  // A browser in private mode installs nothing: this one has a profile.
  const context = await playwright.chromium.launchPersistentContext(profile, launchOptions)
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(small.url)
  await expect(offerOn(page)).toBeVisible()
  await offerOn(page).getByRole('button', { name: 'Install' }).focus()
  await page.keyboard.press('Tab')
  await expect(offerOn(page).getByRole('button', { name: 'Not now' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(offerOn(page)).toBeHidden()

  await page.goto(`${small.url}/you`)
  await expect(page.getByRole('button', { name: 'Install the shop' })).toBeVisible()
  await expect(offerOn(page)).toBeHidden()
  await context.close()
})

test('the install button asks the browser once', async ({ page, small }) => {
  await page.goto(small.url)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(offerOn(page)).toBeHidden()
  await page.evaluate(() => {
    const event = new Event('beforeinstallprompt', { cancelable: true })
    const prompt = () => {
      document.documentElement.dataset.asked = `${Number(document.documentElement.dataset.asked ?? 0) + 1}`
    }
    dispatchEvent(Object.assign(event, { prompt, userChoice: Promise.resolve({ outcome: 'accepted' }) }))
  })
  await offerOn(page).getByRole('button', { name: 'Install' }).press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-asked', '1')
  await expect(offerOn(page)).toBeHidden()
})

test('a new version of the shop waits until the visitor takes it', async ({ page, small }) => {
  const site = await openSite(small.prepared)
  await page.goto(site.url)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
  const code = await readFile(join(ROOT, 'dist', 'demo', 'sw.js'), 'utf8')
  await site.write('sw.js', `${code}\nself.addEventListener('message', ({ ports }) => ports[0]?.postMessage('next'))`)
  await page.goto(`${site.url}/browse`)
  await expect(page.getByText('A new version of the shop is ready.')).toBeVisible()
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload' }).press('Enter')])
  const version = await page.evaluate(
    () =>
      new Promise((settle) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = ({ data }) => settle(data)
        navigator.serviceWorker.controller?.postMessage(null, [port2])
      }),
  )
  expect(version).toBe('next')
  await site.stop()
})

test('the browser wakes the service worker, and the next visit has the newest release without a network', async ({
  page,
  context,
  small,
}) => {
  const wire = await layWire(small.url)
  const shop = await ShopPage.open(page, wire.url)
  await expect.poll(() => shop.mark('engines-ready'), ENGINES).toBe(1)
  const session = await context.newCDPSession(page)
  const ids: string[] = []
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    for (const { registrationId, isDeleted } of registrations) if (!isDeleted) ids.push(registrationId)
  })
  await session.send('ServiceWorker.enable')
  await expect.poll(() => page.evaluate(async () => (await caches.match('/engine.json')) !== undefined)).toBe(true)
  await page.goto('about:blank')

  const pointer = await livePointer(small)
  const { hash, body } = await forgeManifest(small, pointer, { release: 'next' })
  const signed = await resign(small, pointer, { manifest: hash, sequence: pointer.sequence + 1 })
  wire.tamper = (path, answer) => {
    const { etag: _tag, ...headers } = answer.headers
    if (path.endsWith(hash)) return { status: 200, headers, body }
    if (!path.endsWith('/channels/main')) return answer
    return { status: 200, headers, body: Buffer.from(JSON.stringify(signed)) }
  }
  await session.send('ServiceWorker.dispatchPeriodicSyncEvent', {
    origin: wire.url,
    registrationId: ids.at(-1) ?? '',
    tag: 'pocketshelf-release',
  })
  await expect.poll(() => wire.sent.some(({ path }) => path.endsWith(hash))).toBe(true)
  await expect.poll(() => wire.sent.filter(({ path }) => path.endsWith('/channels/main')).length).toBeGreaterThan(1)

  wire.isCut = true
  await page.goto(`${wire.url}/you`)
  await expect(page.getByText('next', { exact: true })).toBeVisible()
  await wire.close()
})
