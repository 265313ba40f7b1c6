import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'

/** Sends a path exactly as it is written; `fetch` would tidy it first. */
function getRaw(url: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

describe('static files', () => {
  let edge: NodeEdge
  let root: string
  const script = 'export const answer = 42\n'.repeat(100)

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'edge-static-'))
    for (const dir of ['site/assets', 'site/sub', 'wasm', 'site-secret'])
      mkdirSync(join(root, dir), { recursive: true })
    writeFileSync(join(root, 'site/index.html'), '<!doctype html><title>demo</title>')
    writeFileSync(join(root, 'site/sub/index.html'), 'sub')
    writeFileSync(join(root, 'site/app.js'), script)
    writeFileSync(join(root, 'site/assets/app-a1B2c3D4.js'), script)
    writeFileSync(join(root, 'site/.hidden'), 'TOP SECRET')
    writeFileSync(join(root, 'site-secret/secret.txt'), 'TOP SECRET')
    symlinkSync(join(root, 'site-secret/secret.txt'), join(root, 'site/link.txt'))
    writeFileSync(join(root, 'wasm/kernel.wasm'), new Uint8Array(1000))
    writeFileSync(join(root, 'wasm/kernel.wasm.br'), brotliCompressSync(new Uint8Array(1000)))
    edge = await createNodeEdge({
      dataDir: join(root, 'data'),
      staticDirs: [
        { path: '/', dir: join(root, 'site'), isSinglePage: true },
        { path: '/wasm', dir: join(root, 'wasm'), isCrossOriginIsolated: true },
      ],
    })
  })
  afterAll(async () => {
    await edge.close()
    rmSync(root, { recursive: true, force: true })
  })

  test.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/app.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/assets/app-a1B2c3D4.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/wasm/kernel.wasm', 'application/wasm', 'no-cache'],
    ['/some/page', 'text/html; charset=utf-8', 'no-cache'],
  ])('%s is served as %s with %s', async (path, type, caching) => {
    const { status, headers } = await fetch(edge.url + path)
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, type, caching])
  })

  test('files are compressed at first use or come from the .br beside them', async () => {
    for (const [path, length] of [
      ['/app.js', script.length],
      ['/wasm/kernel.wasm', 1000],
    ] as const) {
      const response = await fetch(edge.url + path, { headers: { 'accept-encoding': 'br' } })
      expect(response.headers.get('content-encoding')).toBe('br')
      expect((await response.arrayBuffer()).byteLength).toBe(length)
      const plain = await fetch(edge.url + path, { headers: { 'accept-encoding': 'identity' } })
      expect([plain.headers.get('content-encoding'), plain.headers.get('content-length')]).toEqual([
        null,
        String(length),
      ])
    }
  })

  test('a changed file is served anew, an unchanged one is 304', async () => {
    writeFileSync(join(root, 'site/changing.txt'), 'one')
    const first = await fetch(`${edge.url}/changing.txt`)
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' }
    expect((await fetch(`${edge.url}/changing.txt`, { headers })).status).toBe(304)
    writeFileSync(join(root, 'site/changing.txt'), 'other')
    expect(await (await fetch(`${edge.url}/changing.txt`, { headers })).text()).toBe('other')
  })

  test('cross-origin isolation is sent where it was asked for', async () => {
    const isolation = async (path: string) => (await fetch(edge.url + path)).headers.get('cross-origin-embedder-policy')
    expect([await isolation('/wasm/kernel.wasm'), await isolation('/')]).toEqual(['require-corp', null])
  })

  test.each([
    '/../site-secret/secret.txt',
    '/%2e%2e/site-secret/secret.txt',
    '/..%2fsite-secret/secret.txt',
    '/..%5csite-secret%5csecret.txt',
    '/sub/../../site-secret/secret.txt',
    '/wasm/../../data/state.db',
    '/.hidden',
    '/link.txt',
    '//etc/passwd',
    '/app.js%00.html',
    '/%E0%A4%A',
    '/-secret/secret.txt',
  ])('%s leads nowhere', async (path) => {
    const { status, body } = await getRaw(edge.url, path)
    expect(status).toBeLessThan(500)
    expect(body).not.toMatch(/TOP SECRET|root:|SQLite/)
  })

  test('files do not hide the edge, and nothing but GET and HEAD reaches them', async () => {
    expect((await fetch(`${edge.url}/v1/sites/shop/channels/main`)).status).toBe(404)
    expect((await fetch(`${edge.url}/app.js`, { method: 'POST', body: 'x' })).status).toBe(404)
    expect(await (await fetch(`${edge.url}/app.js`, { method: 'HEAD' })).text()).toBe('')
  })
})
