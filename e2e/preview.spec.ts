import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { NODE, ROOT } from './support/command-line.ts'
import { test as base, expect } from './support/fixtures.ts'

/** `pocketshelf preview` over two releases, and the configuration that it saves to. */
const test = base.extend<{ preview: { readonly url: string; readonly config: string } }>({
  preview: async ({ small, demo }, use) => {
    const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-preview-'))
    const config = join(dir, 'pocketshelf.toml')
    await writeFile(config, '# our shop\n[embedding]\ndimensions = 16 # small\n')
    const [node, ...flags] = NODE
    const args = ['preview', small.release, demo.release, '--config', config, '--port', '0', '--json']
    const child = spawn(node, [...flags, join(ROOT, 'model-build', 'cli.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(child, 'exit')
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const { url }: { url: string } = JSON.parse(String(line))
    await use({ url, config })
    child.kill('SIGTERM')
    await ended
    await rm(dir, { recursive: true, force: true })
  },
})

const titlesOf = (page: Page, side: number) =>
  page.getByRole('article').nth(side).getByRole('listitem').locator('.title').allTextContents()

test('a pin and a boost change the lists at once, and saving writes them into the configuration', async ({
  page,
  preview,
}) => {
  await page.goto(preview.url)
  await expect(page.getByRole('article')).toHaveCount(2)
  await expect(page.getByRole('article').first().getByRole('listitem')).toHaveCount(20)
  await expect(page.getByText('Nobody knows this visitor yet.')).toBeVisible()
  const before = await titlesOf(page, 0)

  await page
    .getByRole('article')
    .first()
    .getByRole('button', { name: /^Clicked: / })
    .nth(4)
    .click()
  await expect(page.getByText(`${before[4]} is in the history.`)).toBeVisible()
  await expect.poll(() => titlesOf(page, 0)).not.toContain(before[4])
  const known = await titlesOf(page, 0)
  expect(known).not.toEqual(before)
  await expect(page.getByText(/like “/).first()).toBeVisible()

  const item = known[7] ?? ''
  await page.getByLabel('Find an item').fill(item)
  await page
    .getByRole('button', { name: `Clicked: ${item}` })
    .first()
    .waitFor()
  await page
    .getByRole('button', { name: `Pin ${known[0]} to its place` })
    .first()
    .press('Enter')
  await expect(page.getByText('place 1: ', { exact: false })).toContainText(known[0] ?? '')
  const first = page.getByRole('article').first().getByRole('listitem').first()
  await expect(first).toContainText('pinned')

  await page.getByLabel('Boost a category').selectOption({ index: 1 })
  const category = await page.getByLabel('Boost a category').inputValue()
  await page.getByLabel('Factor').fill('50')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText(`× 50 ${category}`)).toBeVisible()
  await expect
    .poll(() => page.getByRole('article').first().getByRole('listitem').filter({ hasText: category }).count())
    .toBeGreaterThan(3)

  await page.getByRole('article').first().getByRole('button', { name: /^Why / }).first().click()
  const why = page.getByRole('dialog')
  await expect(why).toContainText('It is at place 1.')
  await expect(why).toContainText('score')
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Save to the configuration' }).click()
  await expect(page.getByText(/^Saved to /)).toBeVisible()
  const text = await readFile(preview.config, 'utf8')
  expect(text).toContain('# our shop')
  expect(text).toContain('dimensions = 16 # small')
  expect(text).toMatch(/\[\[rules[.]pins\]\]\nitem = "[^"]+"\nposition = 0/)
  expect(text).toContain(`category = "${category}"\nfactor = 50`)
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing wrong with the preview in the ${colorScheme} scheme`, async ({ page, preview }) => {
    await page.emulateMedia({ colorScheme })
    await page.goto(preview.url)
    await expect(page.getByRole('article').first().getByRole('listitem')).toHaveCount(20)
    await page.getByRole('button', { name: /^Pin / }).first().click()
    await page.getByLabel('Find an item').fill('the')
    await page
      .getByRole('button', { name: /^Why not / })
      .first()
      .waitFor()
    for (const isAsking of [false, true]) {
      if (isAsking)
        await page
          .getByRole('button', { name: /^Why not / })
          .first()
          .click()
      // axe brings its own copy of playwright-core, whose types do not know ours.
      const { violations } = await new AxeBuilder({ page: page as never }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
    }
  })
