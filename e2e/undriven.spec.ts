import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHELF, scriptTag } from './promises/scene.ts'
import { test as base, expect } from './support/fixtures.ts'
import { layWire } from './support/wire.ts'

type Host = { readonly url: string; readonly told: string[]; go(): void }

type Parts = {
  /** Serves pages, notes what is asked of it, and answers `/go` when it is told to. */
  readonly serve: (pages: Readonly<Record<string, string>>) => Promise<Host>
  /** Opens a page in a browser of its own that nobody drives. @returns The address by which it can be driven later. */
  readonly openAlone: (url: string) => Promise<() => Promise<string>>
}

const test = base.extend<Parts>({
  serve: async ({ browserName: _ }, use) => {
    let pages: Readonly<Record<string, string>> = {}
    const told: string[] = []
    const { promise: gone, resolve: go } = Promise.withResolvers<void>()
    const server = createServer(async ({ url = '' }, response) => {
      told.push(url)
      if (url === '/go') await gone
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><html lang="en"><title>Another site</title>${pages[url] ?? ''}</html>`)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    await use(async (given) => {
      pages = given
      return { url: `http://127.0.0.1:${port}/`, told, go }
    })
    server.closeAllConnections()
    server.close()
  },
  openAlone: async ({ browserName: _ }, use, info) => {
    const profile = await mkdtemp(join(tmpdir(), 'pocketshelf-profile-'))
    const { executablePath = '', args = [] } = info.project.use.launchOptions ?? {}
    const flags = ['--headless=new', '--no-sandbox', `--user-data-dir=${profile}`, '--remote-debugging-port=0', ...args]
    const children: ReturnType<typeof spawn>[] = []
    await use(async (url) => {
      children.push(spawn(executablePath, [...flags, url], { stdio: 'ignore' }))
      return async () => {
        const [port] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')
        return `http://127.0.0.1:${port}`
      }
    })
    for (const child of children) {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      await ended
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  },
})

const RULES =
  '<script type="speculationrules">{ "prerender": [{ "urls": ["/shop"], "eagerness": "immediate" }] }</script>'
const GO = '<script>fetch("/go").then(() => { location.href = "/shop" })</script>'
/** Tells whether it is prerendered, once it has nothing better to do. */
const TELL = `<script>
  const tell = () => fetch('/idle?' + document.prerendering)
  customElements.whenDefined('pocket-shelf').then(() => requestIdleCallback(tell, { timeout: 500 }))
</script>`

test('a page that Chromium prerenders asks the edge for nothing until it is looked at, and then has its list', async ({
  playwright,
  small,
  serve,
  openAlone,
}) => {
  const wire = await layWire(small.url)
  const paths = () => wire.sent.map(({ path }) => path)
  const host = await serve({ '/': RULES + GO, '/shop': SHELF + scriptTag({ site: small, wire }) + TELL })
  // Chromium prerenders nothing for a page that is driven: this one is left alone until it shows the shop.
  const address = await openAlone(host.url)
  await expect.poll(() => host.told, { timeout: 30_000 }).toContain('/idle?true')
  expect(paths()).toEqual(['/pocketshelf.js'])
  host.go()
  await expect.poll(paths).toContain('/v1/sites/demo/channels/main')
  const browser = await playwright.chromium.connectOverCDP(await address())
  const shelf = browser.contexts()[0]?.pages()[0]?.locator('pocket-shelf')
  await expect(shelf?.getByRole('listitem') ?? []).toHaveCount(8)
  const activatedAt = () => {
    const [entry] = performance.getEntriesByType('navigation')
    return Number(entry?.toJSON().activationStart)
  }
  expect(await shelf?.evaluate(activatedAt)).toBeGreaterThan(0)
  await wire.close()
})

const LEAVE = `<script>
  addEventListener('rec-click', (event) => event.preventDefault())
  addEventListener('rec-list', ({ detail }) => fetch('/list?personal=' + detail.personal))
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    fetch('/kept')
    document.querySelector('pocket-shelf').shadowRoot.querySelectorAll('a.card')[1].click()
  })
  fetch('/go').then(() => { location.href = '/next' })
</script>`

test('a page that Chromium keeps in its back/forward cache has its list when it is come back to, and reacts', async ({
  small,
  serve,
  openAlone,
}) => {
  const wire = await layWire(small.url)
  const back = '<script>addEventListener("load", () => setTimeout(() => history.back()))</script>'
  const host = await serve({ '/': LEAVE + SHELF + scriptTag({ site: small, wire }), '/next': back })
  await openAlone(host.url)
  await expect.poll(() => host.told, { timeout: 30_000 }).toContain('/list?personal=false')
  host.go()
  await expect.poll(() => host.told).toContain('/kept')
  await expect.poll(() => host.told.slice(host.told.indexOf('/kept'))).toContain('/list?personal=true')
  await wire.close()
})
