import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { ROOT } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'

test('the lines of the README work when pasted into a page of another origin', async ({ page, demo }) => {
  const pasted = readSnippet()
    .replaceAll('http://localhost:8787', demo.url)
    .replace('PASTE-THE-PUBLIC-KEY', demo.prepared.publicKey)
  expect(pasted).toContain(demo.prepared.publicKey)
  const host = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(pasted))
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const address = host.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await page.goto(`http://127.0.0.1:${port}/`)
    await expect(page.locator('pocket-shelf').getByRole('listitem').nth(7)).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Popular now' })).toBeVisible()
  } finally {
    host.closeAllConnections()
    host.close()
  }
})

/** The first HTML block of the README. */
function readSnippet(): string {
  const block = /```html\n(?<html>[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))
  return block?.groups?.html ?? ''
}
