import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { buffer } from 'node:stream/consumers'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** A place for pages of the bench: directories by prefix, `/blank.html`, and uploads. */
export type BenchServer = {
  readonly url: string
  /** What pages sent to a path by POST, one after the other; taken once. */
  take(path: string): Buffer
  /** Serves bytes at a path. */
  give(path: string, bytes: Uint8Array): void
  close(): Promise<void>
}

/** Serves directories cross-origin isolated, so that pages have fine clocks. @param dirs - Prefix such as `/dist/` -> directory. */
export async function startServer(dirs: Readonly<Record<string, string>>): Promise<BenchServer> {
  const uploads = new Map<string, Buffer[]>()
  const given = new Map<string, Uint8Array>([['/blank.html', Buffer.from('<!doctype html><title>Bench</title>')]])
  const server = createServer((request, answer) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    answer.setHeader('cross-origin-opener-policy', 'same-origin')
    answer.setHeader('cross-origin-embedder-policy', 'require-corp')
    answer.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream')
    const bytes = given.get(path)
    const prefix = Object.keys(dirs).find((start) => path.startsWith(start))
    if (request.method === 'POST') {
      void buffer(request).then((body) => {
        uploads.set(path, [...(uploads.get(path) ?? []), body])
        answer.end()
      })
    } else if (bytes !== undefined) answer.end(bytes)
    else if (prefix !== undefined) {
      const file = join(dirs[prefix] ?? '', normalize(`/${path.slice(prefix.length)}`))
      createReadStream(file)
        .on('error', () => answer.writeHead(404).end())
        .pipe(answer)
    } else answer.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    take: (path) => {
      const bodies = uploads.get(path) ?? []
      uploads.delete(path)
      return Buffer.concat(bodies)
    },
    give: (path, body) => given.set(path, body),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
