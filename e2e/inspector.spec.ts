import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './support/fixtures.ts'
import { openHtml } from './support/site-page.ts'

test('Alt+Shift+P lays a list open, explains any item, and loads nothing before', async ({ page, small }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const data = `data-site="demo" data-keys="${small.prepared.publicKey}"`
  await openHtml(page, small, `<pocket-shelf></pocket-shelf><script async src="/pocketshelf.js" ${data}></script>`)
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(8)
  expect(asked).not.toContain('/pocketshelf-inspector.js')
  await page.keyboard.press('Alt+Shift+KeyP')
  const panel = page.getByRole('dialog', { name: 'Pocketshelf inspector' })
  await expect(panel.getByText(/^Stages · [\d.]+ ms$/)).toBeVisible()
  await expect(panel.getByText('found by popular')).toBeVisible()
  await panel.getByText(/^Features · \d+$/).click()
  await expect(panel.getByRole('rowheader', { name: 'item.popularity', exact: true })).toBeVisible()
  await panel.getByText(/^Privacy · nothing was sent$/).click()
  await expect(panel.getByText('the visitor chose')).toBeVisible()

  const missing = await page.evaluate(async () => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const { items } = await pocketshelf.recommend({ scene: 'for-you', count: 60 })
    return items.at(-1)?.id ?? ''
  })
  await panel.getByLabel('Item id to explain').fill(missing)
  await panel.getByLabel('Item id to explain').press('Enter')
  await expect(panel.getByText(/Others scored higher|It is in the list|rules of variety/)).toBeVisible()
  // axe brings its own copy of playwright-core, whose types do not know ours.
  const { violations } = await new AxeBuilder({ page: page as never }).include('div').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(panel).toHaveCount(0)
})

test('the address opens the inspector in the shop', async ({ page, demo }) => {
  await page.goto(`${demo.url}/?pocketshelf-inspector`)
  await expect(
    page.getByRole('dialog', { name: 'Pocketshelf inspector' }).getByText(/^List · \d+ items$/),
  ).toBeVisible()
})
