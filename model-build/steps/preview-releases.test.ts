import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildTinyRelease, createIo, createWorkspace } from '../publish/testing/tiny-site.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { buildRelease } from './build-release.ts'
import { previewReleases } from './preview-releases.ts'

type Item = {
  readonly id: string
  readonly category: string
  readonly reasons: readonly string[]
  readonly isPinned: boolean
}

let dir = ''
let dispose = async (): Promise<void> => undefined
let config = ''
let url = ''
let stop = async (): Promise<void> => undefined

beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  config = join(dir, 'shop.toml')
  await writeFile(config, '# our shop\nseed = 3\n')
  const releases = [await buildTinyRelease(dir, 'small', 40), await buildTinyRelease(dir, 'large', 60)]
  const io = createIo()
  const done = previewReleases({ configFile: config, overrides: {}, releases, host: '127.0.0.1', port: 0 }, io)
  url = String((await Promise.race([io.whenReady, done])).summary.url)
  stop = async () => {
    io.stop()
    await done
  }
})
afterAll(async () => {
  await stop()
  await dispose()
})

const NONE = { pins: [], boosts: [] }

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, value: await response.json() }
}

const listsOf = async (rules: unknown, history = ['i2', 'i4']): Promise<[Item[], Item[]]> =>
  (await post('lists', { history, count: 10, rules })).value

test('a history has a list under each release, with reasons, and without what it holds', async () => {
  const [small, large] = await listsOf(NONE)
  for (const list of [small, large]) {
    expect(list).toHaveLength(10)
    expect(list.map(({ id }) => id)).not.toContain('i2')
  }
  expect(small[0]?.reasons.length).toBeGreaterThan(0)
})

test('pins and boosts act at once', async () => {
  const pins = [{ item: 'i33', position: 0 }]
  const [small] = await listsOf({ pins, boosts: [] })
  expect(small[0]).toMatchObject({ id: 'i33', isPinned: true })
  const [plain] = await listsOf(NONE)
  const third = plain[2]?.id ?? ''
  const [boosted] = await listsOf({ pins: [], boosts: [{ item: third, factor: 50 }] })
  expect(boosted[0]?.id).toBe(third)
})

test('why and why not are answered for each release', async () => {
  const ask = async (id: string) => (await post('why', { history: ['i2'], count: 10, rules: NONE, id })).value
  const [list] = await listsOf(NONE, ['i2'])
  expect((await ask(list[0]?.id ?? ''))[0].verdict).toBe('It is at place 1.')
  expect((await ask('i2'))[0].verdict).toBe('It is in the history already.')
  const [small, large] = await ask('i59')
  expect(small.verdict).toBe('This release does not know the item.')
  expect(large.verdict).toMatch(/score higher|place|variety/)
})

test('saved rules stand in the configuration beside its comments, and the next build takes them', async () => {
  const rules = {
    pins: [
      { item: 'i7', position: 2 },
      { item: 'gone', position: 5 },
    ],
    boosts: [{ category: 'tea', factor: 1.5 }],
  }
  expect(await post('save', rules)).toMatchObject({ status: 200, value: { file: config } })
  const text = await readFile(config, 'utf8')
  expect(text).toContain('# our shop')
  expect(parse(text)).toEqual({ seed: 3, rules })
  const outDir = join(dir, 'next')
  await mkdir(outDir)
  const request = { interactions: [], items: [join(dir, 'small.csv')], dataDir: undefined, outDir, keysDir: undefined }
  await buildRelease({ configFile: config, overrides: {}, ...request }, createIo())
  const { manifest, registry, dictionaries } = await readReleaseDir(outDir)
  expect(manifest.rules.pins).toEqual([{ item: registry.ids.indexOf('i7'), position: 2 }])
  expect(manifest.rules.boosts).toEqual([{ category: dictionaries.categories.indexOf('tea'), factor: 1.5 }])
})

test('the page finds items, and other pages and names are refused', async () => {
  expect(await (await fetch(`${url}find?text=number 12`)).json()).toEqual([{ id: 'i12', title: 'tea number 12' }])
  expect(await (await fetch(url)).text()).toContain('<h1>Preview of two releases</h1>')
  expect((await post('save', NONE, { origin: 'https://evil.example' })).value.error.code).toBe('forbidden')
  expect((await post('save', NONE, { 'content-type': 'text/plain' })).value.error.code).toBe('forbidden')
  expect(
    (await post('lists', { history: [], count: 10, rules: { pins: [{ item: 'a', position: -1 }], boosts: [] } })).value
      .error.code,
  ).toBe('bad-request')
})
