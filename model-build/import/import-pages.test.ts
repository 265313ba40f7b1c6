import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommandLine } from '../commands/program.ts'

const PAGES = fileURLToPath(new URL('../../docs/import', import.meta.url))

/** Blocks with a title, by the title. */
function titledBlocks(markdown: string): Map<string, string> {
  const blocks = markdown.matchAll(/```\w+ title="([^"]+)"\n([\s\S]*?)```/g)
  return new Map(Array.from(blocks, ([, title, text]) => [title ?? '', text ?? '']))
}

/** The arguments of the page's command. */
function commandOf(markdown: string): string[] {
  const line = /^npx pocketshelf (import .*)$/m.exec(markdown)?.[1] ?? ''
  return line.split(' ')
}

const pages = (await readdir(PAGES)).filter((name) => name !== 'README.md')

test.each(pages)('%s: its command makes the file it shows of the files it shows', async (page) => {
  const markdown = await readFile(join(PAGES, page), 'utf8')
  const blocks = titledBlocks(markdown)
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-page-'))
  try {
    for (const [title, text] of blocks) {
      await mkdir(dirname(join(dir, title)), { recursive: true })
      await writeFile(join(dir, title), text)
    }
    const args = commandOf(markdown).map((arg) => (blocks.has(arg) || arg === 'shop' ? join(dir, arg) : arg))
    const said: string[] = []
    const streams = { stdout: () => undefined, stderr: (text: string) => void said.push(text), isTerminal: false }
    const context = { streams, nowMs: () => 0, signal: new AbortController().signal, exitCode: 0 }
    expect(await runCommandLine(args, context), said.join('')).toBe(0)
    expect(said.join('')).not.toContain('warning')
    expect(await readFile(join(dir, 'shop', 'interactions.csv'), 'utf8')).toBe(blocks.get('shop/interactions.csv'))
    const items = await readFile(join(dir, 'shop', 'items.csv'), 'utf8')
    expect(items).toMatch(/^item_id,.*\ntea-1,.*12\.5/)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('every source has a page', () => {
  expect(pages.map((page) => page.replace('.md', '')).sort()).toEqual([
    'algolia',
    'gorse',
    'metarank',
    'personalize',
    'recombee',
  ])
})
