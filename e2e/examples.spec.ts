import { renderPage } from '../examples/server-rendered/page.ts'
import { buildExample } from './support/build-example.ts'
import { expect, test } from './support/fixtures.ts'
import { openHtml } from './support/site-page.ts'

for (const entry of ['react/app.jsx', 'vue/main.js', 'svelte/main.js']) {
  test(`examples/${entry} shows a list that follows a like, and an element`, async ({ page, small }) => {
    const name = `example-${crypto.randomUUID()}.js`
    await small.write(name, await buildExample(entry))
    const options = { site: 'demo', keys: small.prepared.publicKey, assets: '/', start: 'now', storage: 'memory' }
    const given = `<script>window.pocketshelfOptions = ${JSON.stringify(options)}</script>`
    await openHtml(page, small, `${given}<div id="app"></div><script type="module" src="/${name}"></script>`)
    const list = page.locator('#app ol').getByRole('button')
    await expect(list).toHaveCount(5)
    await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(4)
    const liked = (await list.first().textContent()) ?? ''
    await list.first().click()
    await expect(page.locator('#app ol')).not.toContainText(liked)
    await expect(list).toHaveCount(5)
  })
}

test('a page from a server shows the edge’s list without script, and the visitor’s order with it', async ({
  browser,
  page,
  small,
}) => {
  const shop = { edge: small.url, site: 'demo', keys: small.prepared.publicKey }
  const html = await renderPage(shop)
  expect(await renderPage(shop), 'the same page for everybody').toBe(html)
  const { headers } = await fetch(`${small.url}/v1/sites/demo/fallback/popular?limit=8`)
  expect(headers.get('cache-control')).toContain('public')
  expect(headers.get('set-cookie') ?? headers.get('vary')?.match(/cookie/i) ?? null).toBeNull()
  const name = `rendered-${crypto.randomUUID()}.html`
  await small.write(name, html)
  const bare = await browser.newContext({ javaScriptEnabled: false })
  const still = await bare.newPage()
  await still.goto(`${small.url}/${name}`)
  await expect(still.getByRole('link')).toHaveCount(8)
  await bare.close()

  await page.goto(`${small.url}/${name}`)
  const order = () =>
    page.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('data-item-id')))
  const before = await order()
  const wanted = await page.evaluate(async (ids) => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const known = ids.flatMap((id) => id ?? [])
    await pocketshelf.track({ type: 'like', item: known.at(-1) ?? '' })
    return (await pocketshelf.rerank(known)).items.map(({ id }) => id)
  }, before)
  await expect.poll(order).toEqual(wanted)
  expect([...wanted].sort()).toEqual([...before].sort())
})
