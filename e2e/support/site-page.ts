import type { Page } from '@playwright/test'
import type { Recommender, RecommenderOptions } from 'pocketshelf'
import { expect } from './fixtures.ts'
import type { OpenSite } from './open-site.ts'

declare global {
  interface Window {
    recommender: Recommender
    /** Codes of `rec-error` events, in order. */
    recErrors: string[]
    /** Lists that shelves told the page about. */
    recLists: number
  }
}

export type SiteOptions = Partial<RecommenderOptions> & {
  /** Markup put before the script; a for-you shelf with a fallback unless said otherwise. */
  readonly markup?: string
}

const SHELF = '<pocket-shelf scene="for-you" count="10"><a href="/bestsellers">Our bestsellers</a></pocket-shelf>'

/** Opens a page of somebody else's site that uses the built module as its documentation says. */
export async function openSitePage(page: Page, site: OpenSite, options: SiteOptions = {}): Promise<void> {
  const { markup = SHELF, ...given } = options
  const all: RecommenderOptions = { site: 'demo', keys: site.prepared.publicKey, assets: '/', start: 'now', ...given }
  await openHtml(
    page,
    site,
    `${markup}
<script type="module">
  import { createRecommender, defineShelf } from '/pocketshelf.mjs'
  window.recommender = createRecommender(${JSON.stringify(all)})
  defineShelf(window.recommender)
</script>`,
  )
}

/** Opens a page with this body, beside the shop; `rec-error` and `rec-list` are noted. */
export async function openHtml(page: Page, site: OpenSite, body: string, origin: string = site.url): Promise<void> {
  const name = `page-${crypto.randomUUID()}.html`
  const note = `<script>
  window.recErrors = []
  window.recLists = 0
  addEventListener('rec-error', ({ detail }) => window.recErrors.push(detail.code))
  addEventListener('rec-list', () => window.recLists++)
</script>`
  await site.write(name, `<!doctype html><html lang="en"><title>Another site</title>${note}${body}</html>`)
  await page.goto(`${origin}/${name}`)
}

/** Waits until the runtimes are there: the ranker is ONNX. */
export async function waitForOnnx(page: Page, timeout = 30_000): Promise<void> {
  const ranker = () => page.evaluate(async () => (await window.recommender.status()).ranker)
  await expect.poll(ranker, { timeout }).toBe('onnx')
}

/** Waits until every cell of the release is on the device. */
export async function waitForCatalogue(page: Page, timeout = 30_000): Promise<void> {
  const missing = () =>
    page.evaluate(async () => {
      const { residentCells, totalCells } = await window.recommender.status()
      return totalCells === 0 ? -1 : totalCells - residentCells
    })
  await expect.poll(missing, { timeout }).toBe(0)
}
