import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIo, createWorkspace } from '../publish/testing/tiny-site.ts'
import { tryCatalogue } from './try-catalogue.ts'

let dir = ''
let dispose = async (): Promise<void> => undefined
beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  await mkdir(join(dir, 'page'))
  await writeFile(join(dir, 'page', 'index.html'), '<title>shop</title>')
})
afterAll(() => dispose())

const preparePage = async () => join(dir, 'page')
const common = { configFile: undefined, overrides: {}, host: '127.0.0.1', port: 0, maxPages: 5 }

test('a product feed becomes a live release and a page with shelves', async () => {
  const items = Array.from(
    { length: 30 },
    (_, k) => `<item><guid>p${k}</guid><title>${k % 2 ? 'Tea' : 'Pot'} "${k}"</title></item>`,
  )
  const source = join(dir, 'My <shop>.xml')
  await writeFile(source, `<rss><channel>${items.join('')}</channel></rss>`)
  const io = createIo()
  const done = tryCatalogue({ ...common, source, dir: join(dir, 'work') }, io, { preparePage })
  const { summary, lines } = await Promise.race([io.whenReady, done])
  try {
    expect(summary).toMatchObject({ kind: 'feed', items: 30, refused: 0 })
    const html = await (await fetch(String(summary.url))).text()
    expect(lines.at(-1)).toBe(summary.url)
    expect(html).toContain('scene="similar" item="p0"')
    expect(html).toContain('Similar to “Pot &#34;0&#34;”')
    expect(html).not.toContain('<shop>')
    expect(html).toContain(`data-keys="${String(summary.publicKey)}"`)
    const live = await (await fetch(`${String(summary.shop)}v1/sites/demo/channels/main`)).json()
    expect(live).toMatchObject({ site: 'demo' })
  } finally {
    io.stop()
    await done
  }
})

test('the feed of docs/try.md is one', async () => {
  const markdown = await readFile(new URL('../../docs/try.md', import.meta.url), 'utf8')
  const feed = /```xml title="feed.xml"\n([\s\S]*?)```/.exec(markdown)?.[1] ?? ''
  const source = join(dir, 'feed.xml')
  await writeFile(source, feed)
  const io = createIo()
  const done = tryCatalogue({ ...common, source, dir: join(dir, 'docs') }, io, { preparePage })
  const { summary } = await Promise.race([io.whenReady, done])
  io.stop()
  await done
  expect(summary).toMatchObject({ kind: 'feed', items: 3, refused: 0 })
})

test('a catalogue without a single item is refused before anything starts', async () => {
  const source = join(dir, 'empty.xml')
  await writeFile(source, '<rss><channel></channel></rss>')
  const result = tryCatalogue({ ...common, source, dir: join(dir, 'none') }, createIo(), { preparePage })
  await expect(result).rejects.toMatchObject({ code: 'input-malformed' })
})
