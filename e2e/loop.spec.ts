import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { runPocketshelf } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'
import { noteObjects } from './support/note-objects.ts'
import { type OpenSite, openSite } from './support/open-site.ts'
import { prepareSite, SMALL } from './support/prepared-site.ts'
import { ShopPage } from './support/shop-page.ts'
import { openSitePage } from './support/site-page.ts'
import { sendVisitors } from './support/visitors.ts'

const VISITORS = 110

test.describe.configure({ timeout: 600_000 })
test.use({ trace: 'off' }) // hundreds of steps: recording them takes longer than taking them

test('what 110 consenting visitors clicked becomes release 2, and an open page takes it', async ({
  browser,
  page,
  context,
}) => {
  const site = await openSite(await prepareSite(SMALL))
  const shop = await ShopPage.open(await context.newPage(), `${site.url}/you`)
  await openSitePage(page, site)
  const items = await strangers(page, site)
  const [first = ''] = items
  const others = items.slice(1)
  const before = await similar(page, first)
  await page.evaluate((item) => window.recommender.track({ type: 'click', item }), first)
  const forYou = await ids(page)

  await sendVisitors(browser, site, { count: VISITORS, items })
  const old = await release(page)

  const refusing = join(site.dir, 'refusing.toml')
  await writeFile(refusing, SMALL.config.replace('[gate]', '[gate]\nminPopularityLift = 1000'))
  expect(await retrain(site, refusing)).toMatchObject({ exitCode: 3 })
  expect(await page.evaluate(async () => (await window.recommender.refresh()).release)).toBe(old)

  const told = await page.evaluateHandle(() => {
    type Change = { fetchedObjects: number; reusedObjects: number }
    return { change: new Promise<Change>((settle) => window.recommender.on('release-changed', settle)) }
  })
  const asked = noteObjects(context)
  const known = new Set(await objectsOf(site))
  const { exitCode, summary } = await retrain(site, site.prepared.config)
  expect(exitCode, JSON.stringify(summary)).toBe(0)
  expect(summary).toMatchObject({
    feedback: { events: VISITORS * items.length, pseudonyms: VISITORS, pairsSeen: 3, pairsUsed: 3 },
    published: { publication: 2, live: 'full', status: 'changed' },
  })

  const changed = await told.evaluate(async ({ change }) => {
    await window.recommender.refresh()
    return change
  })
  expect(changed.reusedObjects).toBeGreaterThan(0)
  // The shop may have looked at the channel first; then it fetched what is new, for both.
  const fresh = (await objectsOf(site)).filter((hash) => !known.has(hash))
  expect(asked.filter((hash) => fresh.includes(hash)).length).toBeGreaterThan(0)
  expect(changed.fetchedObjects).toBeLessThanOrEqual(asked.length)
  expect(await release(page)).not.toBe(old)
  const after = await similar(page, first)
  for (const other of others) {
    expect(before).not.toContain(other)
    expect(after).toContain(other)
  }
  expect(await ids(page)).not.toEqual(forYou)

  // The shop, open in another tab of the same visitor, hears of it by itself.
  const name = await release(page)
  await expect(shop.page.getByText(name, { exact: true })).toBeVisible()
  await site.stop()
})

function retrain(site: OpenSite, config: string) {
  const { shop, keys } = site.prepared
  return runPocketshelf(
    ['retrain', '--dir', site.home, '--data', shop, '--out', site.release, '--keys', keys].concat('--config', config),
  )
}

/** What the site's newest release is made of. */
async function objectsOf({ release: dir }: OpenSite): Promise<readonly string[]> {
  return JSON.parse(await readFile(join(dir, 'release.json'), 'utf8')).objects
}

/** Three items that no shopper of the log has together, and that are not similar to the first. */
async function strangers(page: Page, site: OpenSite): Promise<readonly string[]> {
  const users = new Map<string, Set<string>>()
  for (const line of (await readFile(join(site.prepared.shop, 'interactions.csv'), 'utf8')).split('\n').slice(1)) {
    const [user = '', item = ''] = line.split(',')
    if (item !== '') users.set(item, (users.get(item) ?? new Set()).add(user))
  }
  const isApart = (a: string, b: string) => ![...(users.get(a) ?? [])].some((user) => users.get(b)?.has(user))
  const onDevice = await page.evaluate(async () => {
    const { items } = await window.recommender.search({ limit: 200 })
    return items.map(({ id }) => id)
  })
  const known = onDevice.filter((id) => users.has(id)).toReversed()
  const [first = ''] = known
  const alike = new Set(await similar(page, first))
  const found = [first]
  for (const id of known)
    if (found.length < 3 && !alike.has(id) && found.every((other) => isApart(id, other))) found.push(id)
  expect(found).toHaveLength(3)
  return found
}

function similar(page: Page, item: string): Promise<readonly string[]> {
  return page.evaluate(async (id) => {
    const { items } = await window.recommender.similar(id, { count: 10 })
    return items.map((found) => found.id)
  }, item)
}

function ids(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 20, rules: null })
    return items.map(({ id }) => id)
  })
}

async function release(page: Page): Promise<string> {
  return (await page.evaluate(async () => (await window.recommender.status()).release)) ?? ''
}
