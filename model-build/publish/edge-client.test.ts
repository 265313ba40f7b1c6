import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { EdgeClient } from './edge-client.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A server that answers as told, and a client that waits for nothing but notes how long it would. */
async function clientOf(listener: RequestListener, abort = new AbortController()) {
  server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens
  const waits: number[] = []
  const wait = async (ms: number) => void waits.push(ms)
  const target = { url: `http://127.0.0.1:${port}`, site: 'demo', token: 'secret' }
  return { client: new EdgeClient(target, { fetch, wait, signal: abort.signal }), waits }
}

const refusal = (code: string) => JSON.stringify({ error: { v: 1, code, message: code, detail: {} } })

describe('EdgeClient', () => {
  test('tries again after 429 and 5xx, and heeds Retry-After', async () => {
    let asked = 0
    const { client, waits } = await clientOf((_request, response) => {
      asked++
      if (asked === 1) response.writeHead(429, { 'retry-after': '2' }).end(refusal('rate-limited'))
      else if (asked === 2) response.writeHead(502).end('<html>')
      else response.end(JSON.stringify({ v: 1, missing: ['x'] }))
    })
    expect(await client.missing(['x'])).toEqual(['x'])
    expect(waits).toEqual([2000, 800])
  })

  test('sends the same bytes and the token on every try', async () => {
    const bodies: string[] = []
    const { client } = await clientOf((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        bodies.push(`${request.headers.authorization} ${body}`)
        response.writeHead(bodies.length < 3 ? 503 : 201).end(bodies.length < 3 ? refusal('store-full') : '{}')
      })
    })
    await client.putObject('a'.repeat(64), new TextEncoder().encode('bytes'))
    expect(bodies).toEqual(Array(3).fill('Bearer secret bytes'))
  })

  test('gives up after four tries with the edge’s own code', async () => {
    const { client, waits } = await clientOf((_request, response) => response.writeHead(503).end(refusal('store-full')))
    await expect(client.channels()).rejects.toMatchObject({ code: 'store-full' })
    expect(waits).toHaveLength(3)
  })

  test('does not repeat what was refused', async () => {
    const { client, waits } = await clientOf((_request, response) => response.writeHead(409).end(refusal('conflict')))
    await expect(client.step('main', 'full')).rejects.toMatchObject({ code: 'conflict' })
    expect(waits).toEqual([])
  })

  test('says when what answers is no edge', async () => {
    const { client } = await clientOf((_request, response) => response.writeHead(404).end('<html>'))
    await expect(client.channels()).rejects.toMatchObject({ code: 'edge-misconfigured', detail: { status: 404 } })
    const { client: second } = await clientOf((_request, response) => response.end('<html>'))
    await expect(second.channels()).rejects.toMatchObject({ code: 'edge-misconfigured' })
  })

  test('says when nobody answers, after trying again', async () => {
    const { client, waits } = await clientOf((request) => request.socket.destroy())
    await expect(client.channels()).rejects.toMatchObject({ code: 'edge-unreachable' })
    expect(waits).toHaveLength(3)
  })

  test('never follows a redirection with the token', async () => {
    let asked = 0
    const { client } = await clientOf((_request, response) => {
      asked++
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await expect(client.channels()).rejects.toMatchObject({ code: 'edge-unreachable' })
    expect(asked).toBe(4)
  })

  test('stops at once when it is told to', async () => {
    const abort = new AbortController()
    const { client } = await clientOf(() => abort.abort(), abort)
    await expect(client.channels()).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('refuses an address that is none', () => {
    const wait = async () => undefined
    const signal = new AbortController().signal
    const make = () => new EdgeClient({ url: 'ftp://x', site: 'demo', token: '' }, { fetch, wait, signal })
    expect(make).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })
})
