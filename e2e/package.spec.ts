import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { NODE, ROOT } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'

const run = promisify(execFile)
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

test.describe.configure({ mode: 'serial', timeout: 240_000 })

let app = ''
let edge: { readonly url: string; readonly shop: string; readonly publicKey: string }
const closing: (() => unknown)[] = []

/** Outside the project, so that nothing of its node_modules is found by walking up. */
test.beforeAll(async () => {
  test.setTimeout(240_000)
  app = await mkdtemp(join(tmpdir(), 'pocketshelf-app-'))
  closing.push(() => rm(app, { recursive: true, force: true }))
  await run(NPM, ['pack', '--ignore-scripts', '--pack-destination', app], { cwd: ROOT })
  const [tarball] = (await readdir(app)).filter((name) => name.endsWith('.tgz'))
  await writeFile(join(app, 'package.json'), '{"name":"app","private":true,"type":"module"}')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await run(NPM, ['install', ...quiet, join(app, tarball)], { cwd: app })
})

test.afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

test('the installed package has the command, and it serves shelves of a table', async ({ page }) => {
  const rows = Array.from(
    { length: 60 },
    (_, k) => `${k},${k % 2 ? 'Green tea' : 'Clay pot'} no. ${k},${k % 2 ? 'tea' : 'pots'}`,
  )
  await writeFile(join(app, 'items.csv'), `id,title,category\n${rows.join('\n')}\n`)
  const [node, ...flags] = NODE
  const command = join(app, 'node_modules', '.bin', 'pocketshelf')
  const child = spawn(node, [...flags, command, 'try', 'items.csv', '--port', '0', '--json'], {
    cwd: app,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  closing.push(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  edge = JSON.parse(String(line))
  await page.goto(edge.url)
  await expect(page.locator('pocket-shelf[scene="for-you"]').getByRole('listitem').nth(7)).toBeVisible()
  const similar = page.locator('#similar')
  await similar.getByRole('listitem').nth(1).getByRole('link').click()
  await expect(page.locator('#similar-to')).not.toContainText('no. 0”')
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
})

test('a plain HTML page shows shelves with the script of the installed package', async ({ page }) => {
  const attributes = `data-edge="${origin(edge.shop)}" data-site="demo" data-keys="${edge.publicKey}"`
  await writeFile(
    join(app, 'plain.html'),
    `<!doctype html><title>x</title><script async src="/node_modules/pocketshelf/dist/pocketshelf.js" ${attributes}></script><pocket-shelf scene="for-you"></pocket-shelf>`,
  )
  await page.goto(`${await serve(app)}/plain.html`)
  await expect(page.locator('pocket-shelf').getByRole('listitem').nth(7)).toBeVisible()
})

test('a fresh Vite app shows shelves with the module of the installed package', async ({ page }) => {
  const dist = join(app, 'node_modules', 'pocketshelf', 'dist')
  await mkdir(join(app, 'public'))
  for (const name of await readdir(dist))
    if (/^pocketshelf-.*[.](?:js|wasm)$/.test(name)) await cp(join(dist, name), join(app, 'public', name))
  const options = { site: 'demo', keys: edge.publicKey, edge: origin(edge.shop), assets: '/' }
  await writeFile(
    join(app, 'index.html'),
    '<!doctype html><title>x</title><pocket-shelf scene="for-you"></pocket-shelf><script type="module" src="/main.js"></script>',
  )
  await writeFile(
    join(app, 'main.js'),
    `import { createRecommender, defineShelf } from 'pocketshelf'\ndefineShelf(createRecommender(${JSON.stringify(options)}))\n`,
  )
  const [node, ...flags] = NODE
  await run(node, [...flags, join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: app,
  })
  await page.goto(`${await serve(join(app, 'dist'))}/index.html`)
  await expect(page.locator('pocket-shelf').getByRole('listitem').nth(7)).toBeVisible()
})

test('an application takes only what it imports of the installed package', async () => {
  const bundle = async (...names: readonly string[]) => {
    const contents = `import { ${names.join(', ')} } from 'pocketshelf'; console.log(${names.join(', ')})`
    const options = { bundle: true, minify: true, write: false, format: 'esm' } as const
    const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: app } })
    return outputFiles[0]?.text ?? ''
  }
  const kilobytes = (text: string) => brotliCompressSync(text).length / 1_000
  const shelf = /pocket-shelf|skeleton|aria-haspopup/
  const alone = await bundle('createRecommender')
  expect(alone).not.toMatch(shelf)
  expect(kilobytes(alone)).toBeLessThan(8)
  expect(await bundle('createRecommender', 'defineShelf')).toMatch(shelf)
  expect(kilobytes(await bundle('RecError'))).toBeLessThan(1)
})

test('on a server the module of the installed package is imported, and every call says that there is no page', async () => {
  const script = `
    const { createRecommender, defineShelf, enableInspector, askBeforeKeeping } = await import('pocketshelf')
    const recommender = createRecommender({ site: 'demo', keys: '${edge.publicKey}' })
    for (const set of [defineShelf, enableInspector, askBeforeKeeping]) set(recommender)
    recommender.track({ type: 'view', item: '1' })
    const code = await recommender.recommend({ scene: 'for-you' }).catch(({ code }) => code)
    recommender.stop()
    console.log(code)`
  const [node, ...flags] = NODE
  const { stdout } = await run(node, [...flags, '--input-type=module', '--eval', script], { cwd: app })
  expect(stdout.trim()).toBe('engine-unavailable')
})

function origin(url: string): string {
  return new URL(url).origin
}

/** Serves a directory until the end. @returns Its origin. */
async function serve(dir: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0])
    readFile(join(dir, path)).then(
      (bytes) => response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}
