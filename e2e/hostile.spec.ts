import type { Page } from '@playwright/test'
import { test as base, expect } from './support/fixtures.ts'
import { type HostOptions, type HostPage, serveHost } from './support/host-page.ts'
import type { OpenSite } from './support/open-site.ts'
import { layWire } from './support/wire.ts'

type Host = (body: string, options?: HostOptions) => Promise<HostPage>

const test = base.extend<{ host: Host }>({
  host: async ({ browserName: _ }, use) => {
    const open: HostPage[] = []
    await use(async (body, options) => {
      const host = await serveHost(body, options)
      open.push(host)
      return host
    })
    for (const host of open) host.close()
  },
})

const SHELF = '<pocket-shelf scene="for-you" count="8"><a href="/bestsellers">Our bestsellers</a></pocket-shelf>'

function tag({ url, prepared }: OpenSite, edge = url): string {
  const data = `data-edge="${edge}" data-site="demo" data-keys="${prepared.publicKey}"`
  return `<script async crossorigin src="${edge}/pocketshelf.js" ${data}></script>`
}

async function expectList(page: Pick<Page, 'locator'>): Promise<void> {
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(8)
}

test.afterEach(async ({ page }) => {
  const seen = await page.evaluate(() => window.pageErrors ?? []).catch(() => [])
  expect(
    seen.filter((text) => !text.includes('the host broke')),
    'exceptions that the page saw',
  ).toEqual([])
})

test('in a frame of another origin a shelf works, and no cookie is set', async ({ page, context, small, host }) => {
  const inner = await host(SHELF + tag(small))
  const outer = await host(`<iframe src="${inner.url}" width="900" height="600"></iframe>`)
  await page.goto(outer.url)
  await expectList(page.frameLocator('iframe'))
  expect(await context.cookies()).toEqual([])
})

test('in a sandboxed frame without an origin nothing can be verified, and the fallback stays', async ({
  page,
  small,
  host,
}) => {
  const inner = await host(SHELF + tag(small))
  const frame = `<iframe sandbox="allow-scripts" src="${inner.url}" width="900" height="600"></iframe>`
  await page.goto((await host(frame)).url)
  await expect(page.frameLocator('iframe').getByRole('alert')).toContainText('Pocketshelf: signature-unsupported')
  await expect(page.frameLocator('iframe').getByRole('link', { name: 'Our bestsellers' })).toBeVisible()
})

test('in an isolated page (COOP, COEP) a shelf works', async ({ page, small, host }) => {
  const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
  await page.goto((await host(SHELF + tag(small), { headers })).url)
  await expectList(page)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
})

test('behind a consent banner the script may come late, and nothing is asked for before', async ({
  page,
  small,
  host,
}) => {
  const wire = await layWire(small.url)
  await page.goto((await host(`${SHELF}<button>Agree</button>`)).url)
  await page.evaluate(
    ([src, keys]) => {
      document.querySelector('button')?.addEventListener('click', () => {
        const script = Object.assign(document.createElement('script'), { src: `${src}/pocketshelf.js` })
        Object.assign(script.dataset, { edge: src, site: 'demo', keys })
        document.body.append(script)
      })
    },
    [wire.url, small.prepared.publicKey],
  )
  expect(wire.sent).toEqual([])
  await page.getByRole('button', { name: 'Agree' }).click()
  await expectList(page)
  await wire.close()
})

test('a host that throws, rejects and adds to prototypes does not stop a shelf', async ({
  page,
  small,
  host,
  calm,
}) => {
  const hostile = `<script>
    Array.prototype.addedByHost = function () {}
    Object.prototype.addedByHost = 'everywhere'
    history.pushState = history.replaceState = () => { throw new Error('the host broke history') }
    addEventListener('rec-list', () => { throw new Error('the host broke on rec-list') })
    setTimeout(() => { throw new Error('the host broke later') })
    Promise.reject(new Error('the host broke a promise'))
  </script>`
  await page.goto((await host(hostile + SHELF + tag(small))).url)
  await expectList(page)
  await expect.poll(() => calm.length).toBeGreaterThanOrEqual(3)
  // A list that comes later would break the host once more.
  await page.close()
  expect(calm.filter(({ message }) => !message.includes('the host broke'))).toEqual([])
  calm.length = 0
})

test('an element that is taken out, moved and put back while it loads ends with its list', async ({
  page,
  small,
  host,
}) => {
  await page.goto((await host(`<main></main><aside></aside>${tag(small)}`)).url)
  await page.evaluate(async () => {
    const shelf = document.createElement('pocket-shelf')
    shelf.setAttribute('count', '8')
    for (let round = 0; round < 40; round++) {
      document.querySelector(round % 2 === 0 ? 'main' : 'aside')?.append(shelf)
      shelf.setAttribute('scene', round % 3 === 0 ? 'trending' : 'for-you')
      await new Promise((done) => (round % 4 === 0 ? requestAnimationFrame(done) : queueMicrotask(() => done(null))))
      shelf.remove()
    }
    document.querySelector('main')?.append(shelf)
  })
  await expectList(page)
})

test('a page that was left and is come back to by the back button shows its list and reacts', async ({
  page,
  small,
  host,
}) => {
  const site = await host(SHELF + tag(small), { pages: { '/next': '<p>Another page</p>' } })
  await page.goto(site.url)
  await expectList(page)
  await page.goto(`${site.url}next`)
  await page.goBack()
  await expectList(page)
  await page.evaluate(() => addEventListener('rec-click', (event) => event.preventDefault()))
  await page.locator('pocket-shelf').getByRole('listitem').nth(1).getByRole('link').click()
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
})

test('an engine file that was changed on its way is refused, and the simpler engine serves', async ({
  page,
  small,
  host,
}) => {
  const wire = await layWire(small.url)
  wire.tamper = (path, answer) => {
    if (!path.endsWith('/pocketshelf-scan.wasm')) return answer
    const { 'content-encoding': _encoding, ...headers } = answer.headers
    return { ...answer, headers, body: Buffer.concat([Buffer.from('0061736d01000000', 'hex')]) }
  }
  await page.goto((await host(SHELF + tag(small, wire.url))).url)
  await expectList(page)
  const status = () =>
    page.evaluate(() => (window as object as { pocketshelf: typeof window.recommender }).pocketshelf.status())
  await expect.poll(async () => (await status()).lastError?.code).toBe('engine-unavailable')
  expect((await status()).retrievers).toEqual(['scan-js'])
  await wire.close()
})
