import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const EDGE = fileURLToPath(new URL('../../edge/node/main.ts', import.meta.url))

/** One request as it came over the wire, and what the edge answered. */
export type Captured = {
  readonly method: string
  readonly path: string
  /** Names in the order they came, lower case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  readonly answer: { readonly status: number; readonly headers: readonly string[]; readonly bytes: number }
}

/** A wire to an edge that runs in a process of its own; notes everything. */
export type EdgeWire = { readonly url: string; readonly captured: readonly Captured[]; close(): Promise<void> }

/** Starts an edge without sites, and lays a wire to it. */
export async function layEdgeWire(): Promise<EdgeWire> {
  const edge = await startEdge()
  const captured: Captured[] = []
  const server = createServer(async (request, response) => {
    const body = await bytesOf(request)
    const { method = '', url: path = '', headers, rawHeaders } = request
    const passed = send(`${edge.url}${path}`, { method, headers })
    passed.end(body)
    const [answer] = await once(passed, 'response')
    const bytes = await bytesOf(answer)
    const names = rawHeaders.flatMap((name, i) =>
      i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]] as const] : [],
    )
    captured.push({
      method,
      path,
      headers: names,
      body,
      answer: { status: answer.statusCode, headers: Object.keys(answer.headers), bytes: bytes.length },
    })
    response.writeHead(answer.statusCode, answer.headers).end(bytes)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the wire has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    captured,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await edge.stop()
    },
  }
}

async function startEdge(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-wire-'))
  const sites = join(dir, 'sites.json')
  await writeFile(sites, '[]')
  const places = ['--data-dir', join(dir, 'data'), '--sites-file', sites, '--port', '0', '--stop-with-stdin']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', EDGE, ...places])
  const ended = once(child, 'close')
  const first = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => null)])
  if (first === null) throw new Error('the edge did not start')
  const { url }: { url: string } = JSON.parse(String(first[0]))
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function bytesOf(message: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of message) parts.push(part)
  return Buffer.concat(parts)
}
