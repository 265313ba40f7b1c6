import { createServer } from 'node:http'

/** A page of somebody else's site, on an origin of its own. */
export type HostPage = { readonly url: string; readonly close: () => void }

export type HostOptions = {
  /** Sent with the page, for example a Content-Security-Policy. */
  readonly headers?: Readonly<Record<string, string>>
  /** Other pages of the site by path. */
  readonly pages?: Readonly<Record<string, string>>
}

/** Notes what reaches the page; stands before everything else in it. */
const NOTES = `<script>
  window.pageErrors = []
  window.recErrors = []
  addEventListener('error', (event) => pageErrors.push(String(event.message)))
  addEventListener('unhandledrejection', (event) => pageErrors.push(String(event.reason)))
  addEventListener('rec-error', (event) => recErrors.push(event.detail.code))
</script>`

declare global {
  interface Window {
    /** Exceptions and unhandled rejections of a host page, in order. */
    pageErrors: string[]
  }
}

/** Serves pages from a port of their own. @param body - Goes into the first page's body, after a script that notes errors. */
export async function serveHost(body: string, { headers = {}, pages = {} }: HostOptions = {}): Promise<HostPage> {
  const server = createServer((request, response) => {
    const text = pages[request.url ?? ''] ?? (request.url === '/' ? body : null)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.statusCode = text === null ? 404 : 200
    response.setHeader('content-type', 'text/html; charset=utf-8').end(text === null ? '' : wrap(text, headers))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function wrap(body: string, headers: Readonly<Record<string, string>>): string {
  const notes = 'content-security-policy' in headers ? NOTES.replace('<script', '<script nonce="notes"') : NOTES
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Another site</title>${notes}</head><body>${body}</body></html>`
}
