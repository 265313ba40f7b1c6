import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import { forgeManifest, livePointer, resign } from './support/forged.ts'
import { inWorker } from './support/in-worker.ts'
import type { OpenSite } from './support/open-site.ts'
import { openHtml, openSitePage, type SiteOptions } from './support/site-page.ts'
import { answeredWith, broken, flipped, htmlPointer, isPointer, truncated } from './support/tampers.ts'
import { type Answer, layWire, type Tamper, type Wire } from './support/wire.ts'

// Every test here also fails when an exception or an unhandled rejection reaches the page: see `calm`.

const wires: Wire[] = []
test.afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()))
})

async function spoiled(site: OpenSite, tamper?: Tamper): Promise<Wire> {
  const wire = await layWire(site.url)
  wire.tamper = tamper
  wires.push(wire)
  return wire
}

const withPointer =
  (pointer: unknown): Tamper =>
  (path, answer) =>
    isPointer(path) ? json(answer, pointer) : answer

/** Another answer in place of the edge's; its tag goes, since it names other bytes. */
function json(answer: Answer, value: unknown): Answer {
  const { etag: _tag, ...headers } = answer.headers
  return { status: 200, headers, body: Buffer.from(JSON.stringify(value)) }
}

const status = (page: Page) => page.evaluate(() => window.recommender.status())
const refreshed = (page: Page) =>
  page.evaluate(() =>
    window.recommender.refresh().then(
      () => 'fine',
      (error) => String(error.code),
    ),
  )
const listLength = (page: Page) =>
  page.evaluate(async () => (await window.recommender.recommend({ scene: 'for-you', count: 10 })).items.length)

/** The fallback stays, the event carries the code, and on localhost the box explains it. */
async function expectRefused(page: Page, code: string): Promise<void> {
  await expect(page.getByRole('alert')).toContainText(`Pocketshelf: ${code}`)
  await expect(page.getByRole('link', { name: 'Our bestsellers' })).toBeVisible()
  await expect.poll(() => page.evaluate(() => window.recErrors)).toContain(code)
}

test.describe('at a first visit', () => {
  const cases: readonly (readonly [string, Tamper, string])[] = [
    ['a bit-flipped object', flipped, 'hash-mismatch'],
    ['a truncated object', truncated, 'hash-mismatch'],
    ['an object whose connection breaks', broken, 'edge-unreachable'],
    ['an object that is not there', answeredWith(404), 'object-missing'],
    ['an edge that fails', answeredWith(500), 'edge-unreachable'],
    ['a page of HTML instead of a pointer', htmlPointer, 'edge-misconfigured'],
  ]
  for (const [what, tamper, code] of cases) {
    test(`${what} leaves the fallback and gives ${code}`, async ({ page, small }) => {
      const wire = await spoiled(small, tamper)
      await openSitePage(page, small, { edge: wire.url })
      await expectRefused(page, code)
    })
  }

  test('a pointer that was changed after signing leaves the fallback and gives signature-invalid', async ({
    page,
    small,
  }) => {
    const pointer = await livePointer(small)
    const wire = await spoiled(small, withPointer({ ...pointer, sequence: pointer.sequence + 1 }))
    await openSitePage(page, small, { edge: wire.url })
    await expectRefused(page, 'signature-invalid')
  })

  test('a key that did not sign leaves the fallback and gives signature-invalid', async ({ page, small }) => {
    await openSitePage(page, small, { keys: 'A'.repeat(43) })
    await expectRefused(page, 'signature-invalid')
  })

  test('a manifest of an unknown major version leaves the fallback and gives manifest-version', async ({
    page,
    small,
  }) => {
    const pointer = await livePointer(small)
    const { hash, body } = await forgeManifest(small, pointer, { v: 2 })
    const signed = await resign(small, pointer, { manifest: hash })
    const wire = await spoiled(small, (path, answer) => {
      if (path.endsWith(hash)) return { ...json(answer, null), body }
      return withPointer(signed)(path, answer)
    })
    await openSitePage(page, small, { edge: wire.url })
    await expectRefused(page, 'manifest-version')
  })

  test('an edge that does not answer leaves the fallback and gives edge-unreachable', async ({ page, small }) => {
    await openSitePage(page, small, { edge: 'http://127.0.0.1:9' })
    await expectRefused(page, 'edge-unreachable')
  })

  test('an edge that does not answer leaves the fallback of the drop-in script too', async ({ page, small }) => {
    const data = `data-site="demo" data-keys="${small.prepared.publicKey}" data-edge="http://127.0.0.1:9"`
    const shelf = '<pocket-shelf scene="for-you"><a href="/bestsellers">Our bestsellers</a></pocket-shelf>'
    await openHtml(page, small, `<script async src="/pocketshelf.js" ${data}></script>${shelf}`)
    await expectRefused(page, 'edge-unreachable')
  })

  test('a site without a release leaves the fallback and gives release-missing', async ({ page, small }) => {
    await openSitePage(page, small, { channel: 'nothing-here' })
    await expectRefused(page, 'release-missing')
  })
})

test.describe('later', () => {
  /** A page with a complete release, and the wire it came by. */
  async function settledPage(page: Page, site: OpenSite, options: SiteOptions = {}): Promise<Wire> {
    const wire = await spoiled(site)
    await openSitePage(page, site, { edge: wire.url, ...options })
    await expect.poll(async () => (await status(page)).residentItems).toBe(300)
    expect(await refreshed(page)).toBe('fine')
    return wire
  }

  /** The last good state goes on: the same release, full lists, no word to the page but the code in the status. */
  async function expectKept(page: Page, code: string): Promise<void> {
    expect(await status(page)).toMatchObject({ residentItems: 300, lastError: { code } })
    expect(await listLength(page)).toBe(10)
    await expect(page.getByRole('alert')).toHaveCount(0)
  }

  test('an edge that went away costs nothing but the news, also after a reload', async ({ page, small }) => {
    const wire = await settledPage(page, small)
    wire.isCut = true
    expect(await refreshed(page)).toBe('edge-unreachable')
    await expectKept(page, 'edge-unreachable')
    await page.reload()
    await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(10)
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('edge-unreachable')
    wire.isCut = false
    expect(await refreshed(page)).toBe('fine')
    await expect.poll(async () => (await status(page)).lastError).toBeNull()
  })

  test('an older sequence played again is refused with sequence-replayed', async ({ page, small }) => {
    const wire = await settledPage(page, small)
    const pointer = await livePointer(small)
    wire.tamper = withPointer(await resign(small, pointer, { sequence: pointer.sequence + 1 }))
    expect(await refreshed(page)).toBe('fine')
    wire.tamper = undefined // the edge's own, genuinely signed, is the older one now
    expect(await refreshed(page)).toBe('sequence-replayed')
    await expectKept(page, 'sequence-replayed')
  })

  test('a newer release whose objects are damaged is not taken', async ({ page, small }) => {
    const wire = await settledPage(page, small)
    const pointer = await livePointer(small)
    const { hash, body } = await forgeManifest(small, pointer, { release: 'next' })
    const signed = await resign(small, pointer, { manifest: hash, sequence: pointer.sequence + 1 })
    const next = (path: string, answer: Answer): Answer => {
      if (path.endsWith(hash)) return { ...json(answer, null), body }
      return isPointer(path) ? json(answer, signed) : answer
    }
    const before = (await status(page)).release
    wire.tamper = (path, answer) => flipped(path, next(path, answer))
    expect(await refreshed(page)).toBe('hash-mismatch')
    await expectKept(page, 'hash-mismatch')
    expect((await status(page)).release).toBe(before)
    wire.tamper = next
    expect(await refreshed(page)).toBe('fine')
    expect((await status(page)).release).toBe('next')
  })

  test('a newer release of an unknown major version is not taken', async ({ page, small }) => {
    const wire = await settledPage(page, small)
    const pointer = await livePointer(small)
    const { hash, body } = await forgeManifest(small, pointer, { v: 2 })
    const signed = await resign(small, pointer, { manifest: hash, sequence: pointer.sequence + 1 })
    wire.tamper = (path, answer) =>
      path.endsWith(hash) ? { ...json(answer, null), body } : withPointer(signed)(path, answer)
    expect(await refreshed(page)).toBe('manifest-version')
    await expectKept(page, 'manifest-version')
  })
})

test('where IndexedDB is refused lists and history live in memory, and the status says storage-refused', async ({
  page,
  small,
}) => {
  await inWorker(page, 'indexedDB.open = () => { throw new DOMException("refused", "SecurityError") };')
  await openSitePage(page, small)
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(10)
  expect(await status(page)).toMatchObject({ storage: 'memory', lastError: { code: 'storage-refused' } })
  await page
    .locator('pocket-shelf')
    .getByRole('listitem')
    .first()
    .getByRole('link')
    .click({ modifiers: ['Alt'] })
  await expect.poll(async () => (await status(page)).historyItems).toBe(1)
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})
