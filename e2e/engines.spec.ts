import { expect, test } from './support/fixtures.ts'
import { openSitePage, waitForOnnx } from './support/site-page.ts'

test.describe.configure({ timeout: 180_000 })

test('on a catalogue of 40,000 items hnswlib-wasm searches and onnxruntime-web ranks where the page asks for them', async ({
  page,
  large,
}) => {
  const files = new Set<string>()
  page.on('response', (response) => {
    if (response.ok()) files.add(new URL(response.url()).pathname)
  })
  await openSitePage(page, large, { ranker: 'onnx', graphs: 'hnswlib' })
  const status = () => page.evaluate(() => window.recommender.status())
  await expect.poll(async () => (await status()).residentItems, { timeout: 60_000 }).toBe(40_000)
  await waitForOnnx(page, 60_000)
  await expect.poll(async () => (await status()).retrievers, { timeout: 60_000 }).toContain('hnswlib')
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
  expect(personal.retriever).toContain('hnswlib')
  expect(personal.items).toHaveLength(20)
  expect(personal.items.some(({ channels }) => channels.includes('vector'))).toBe(true)
  expect(idsOf(personal)).not.toEqual(idsOf(first))
})

for (const [what, options, retriever, isLost] of [
  ['the kernel searches graphs and the trees rank without a runtime', {}, 'hnsw', false],
  [
    'where the runtimes do not arrive the scan and the trees answer',
    { ranker: 'onnx', graphs: 'hnswlib' },
    'scan',
    true,
  ],
] as const)
  test(`on a catalogue of 40,000 items ${what}`, async ({ page, large }) => {
    const late: string[] = []
    await page.route(/pocketshelf-(?:hnsw|ort)/, (route) => {
      late.push(route.request().url())
      return route.abort()
    })
    await openSitePage(page, large, options)
    const status = () => page.evaluate(() => window.recommender.status())
    if (isLost)
      await expect.poll(async () => (await status()).lastError?.code, { timeout: 60_000 }).toBe('engine-unavailable')
    else await expect.poll(async () => (await status()).retrievers, { timeout: 60_000 }).toContain(retriever)
    await page.evaluate(async () => {
      const { items } = await window.recommender.recommend({ scene: 'for-you', count: 5 })
      await window.recommender.track(items.map(({ id }) => ({ type: 'click', item: id })))
    })
    const list = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20 }))
    expect(list).toMatchObject({ personal: true, ranker: 'trees' })
    expect(list.retriever).toContain(retriever)
    expect(list.items).toHaveLength(20)
    expect(late.length > 0).toBe(isLost)
  })

function idsOf({ items }: { readonly items: readonly { readonly id: string }[] }): readonly string[] {
  return items.map(({ id }) => id)
}
