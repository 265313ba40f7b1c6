import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DevRequest } from '../commands/requests.ts'
import { createIo, createWorkspace, type NotedIo, writeCatalogue } from '../publish/testing/tiny-site.ts'
import { serveDevelopment } from './serve-development.ts'

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url))

let dir = ''
let dispose = async (): Promise<void> => undefined
let request: DevRequest
let pageDir = ''

beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  pageDir = join(dir, 'built-page')
  const data = join(dir, 'Tea Shop')
  for (const path of [pageDir, join(data, 'covers')]) await mkdir(path, { recursive: true })
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>shop</title>')
  await writeCatalogue(join(data, 'items.csv'), 60)
  await writeFile(join(data, 'covers', 'i1.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  const empty = { configFile: undefined, overrides: {}, interactions: [], items: [] }
  request = { ...empty, dataDir: data, dir: join(dir, 'work'), host: '127.0.0.1', port: 0 }
})
afterAll(() => dispose())

/** Runs `dev` until it is ready, looks at it, stops it. */
async function visit<T>(io: NotedIo, look: (url: string) => Promise<T>, asked = request): Promise<T> {
  const done = serveDevelopment(asked, io, { preparePage: async () => pageDir })
  const { lines } = await Promise.race([io.whenReady, done])
  try {
    return await look(lines.at(-1) ?? '')
  } finally {
    io.stop()
    await done
  }
}

const json = async (url: string) => (await fetch(url)).json()

describe('dev', () => {
  test('serves page, configuration, covers and a live release of the given data', async () => {
    const seen = await visit(createIo(), async (url) => ({
      page: await (await fetch(`${url}item/i1`)).text(),
      config: await json(`${url}config.json`),
      cover: (await fetch(`${url}covers/i1.svg`)).headers.get('content-type'),
      live: await json(`${url}v1/sites/demo/channels/main`),
    }))
    expect(seen.page).toContain('<title>shop</title>')
    expect(seen.config).toEqual({ site: 'demo', keys: expect.stringMatching(/^[\w-]{43}$/), channel: 'main' })
    expect(seen.cover).toContain('image/svg+xml')
    expect(seen.live).toMatchObject({ site: 'demo', sequence: 2 ** 16 + 5, canary: null })
  })

  test('builds again only when the data changed, and publishes only what it built', async () => {
    const sequenceOf = async (url: string) => (await json(`${url}v1/sites/demo/channels/main`)).sequence
    const again = createIo()
    const before = await visit(again, sequenceOf)
    expect(again.stages).toEqual([])
    await appendFile(join(request.dataDir ?? '', 'items.csv'), 'i60,one more,tea,/item/i60,,9\n')
    const changed = createIo()
    const after = await visit(changed, sequenceOf)
    expect(changed.stages).toContain('read inputs')
    expect(after - before).toBe(2 ** 16)
  })

  test('starts anew when the last release cannot be read', async () => {
    const io = createIo()
    await writeFile(join(request.dir, 'tea-shop', 'release', 'release.json'), '{"v":1}')
    await appendFile(join(request.dataDir ?? '', 'items.csv'), 'i61,another,tea,/item/i61,,9\n')
    expect(await visit(io, async (url) => (await fetch(url)).ok)).toBe(true)
    expect(io.warnings).toContainEqual(expect.stringContaining('starting anew'))
  })

  test('says where it runs already instead of starting twice', async () => {
    const io = createIo()
    const second = await visit(io, (url) =>
      serveDevelopment(request, createIo(), { preparePage: async () => pageDir }).catch((error: Error) => ({
        error,
        isSame: error.message.includes(url.slice(0, -1)),
      })),
    )
    expect(second).toMatchObject({ error: { code: 'conflict' }, isSame: true })
  })

  test('takes the next port when the wanted one is taken', async () => {
    const io = createIo()
    const ports = await visit(io, async (url) => {
      const port = Number(new URL(url).port)
      const other = { ...request, dir: join(dir, 'other'), port }
      return visit(createIo(), async (second) => [port, Number(new URL(second).port)], other)
    })
    expect(ports[1]).toBeGreaterThan(ports[0])
  })
})

describe('serve', () => {
  test('prints its address when it answers and ends with exit code 0 on SIGTERM', async () => {
    const args = ['serve', '--dir', join(dir, 'served'), '--port', '0', '--json']
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })
    const [line] = await once(lines, 'line')
    const { url } = JSON.parse(String(line)) as { url: string } // what --json promises
    const health = await (await fetch(`${url}/healthz`)).text()
    child.kill('SIGTERM')
    const [code] = await ended
    expect(health).toBe('ok\n')
    expect(code).toBe(0)
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})
