import { expect, test } from './support/fixtures.ts'
import { openSitePage, waitForOnnx } from './support/site-page.ts'

test.describe.configure({ timeout: 180_000 })

test('on a catalogue of 40,000 items hnswlib-wasm searches, onnxruntime-web ranks, and lists are full', async ({
  page,
  large,
}) => {
  const files = new Set<string>()
  page.on('response', (response) => {
    if (response.ok()) files.add(new URL(response.url()).pathname)
  })
  await openSitePage(page, large)
  const status = () => page.evaluate(() => window.recommender.status())
  await expect.poll(async () => (await status()).residentItems, { timeout: 60_000 }).toBe(40_000)
  await waitForOnnx(page, 60_000)
  await expect.poll(async () => (await status()).retrievers, { timeout: 60_000 }).toContain('hnsw')
  expect((await status()).lastError).toBeNull()
  for (const name of ['hnsw.js', 'hnsw.wasm', 'ort.js', 'ort.wasm', 'scan.wasm'])
    expect([...files]).toContain(`/pocketshelf-${name}`)

  const first = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20 }))
  expect(first).toMatchObject({ personal: false, ranker: 'onnx' })
  expect(first.items).toHaveLength(20)
  const personal = await page.evaluate(
    async (ids) => {
      await window.recommender.track(ids.map((item) => ({ type: 'click', item })))
      return window.recommender.recommend({ scene: 'for-you', count: 20 })
    },
    idsOf(first).slice(3, 6),
  )
  expect(personal).toMatchObject({ personal: true, ranker: 'onnx' })
  expect(personal.retriever).toContain('hnsw')
  expect(personal.items).toHaveLength(20)
  expect(personal.items.some(({ channels }) => channels.includes('vector'))).toBe(true)
  expect(idsOf(personal)).not.toEqual(idsOf(first))
})

test('before the runtimes are there the exact scan and the built-in trees give full lists', async ({ page, large }) => {
  await page.route(/pocketshelf-(?:hnsw|ort)/, (route) => route.abort())
  await openSitePage(page, large)
  const status = () => page.evaluate(() => window.recommender.status())
  await expect.poll(async () => (await status()).lastError?.code, { timeout: 60_000 }).toBe('engine-unavailable')
  await page.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 5 })
    await window.recommender.track(items.map(({ id }) => ({ type: 'click', item: id })))
  })
  const list = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20 }))
  expect(list).toMatchObject({ personal: true, ranker: 'trees', retriever: ['scan'] })
  expect(list.items).toHaveLength(20)
})

function idsOf({ items }: { readonly items: readonly { readonly id: string }[] }): readonly string[] {
  return items.map(({ id }) => id)
}
