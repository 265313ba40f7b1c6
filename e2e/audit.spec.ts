import { runPocketshelf } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'

type Summary = {
  readonly isKept: boolean
  readonly breaches: readonly { readonly rule: string; readonly what: string }[]
  readonly use: { readonly cards: number; readonly consent: string | null }
  readonly requests: readonly { readonly url: string }[]
  readonly cookies: readonly { readonly name: string }[]
  readonly storage: readonly { readonly databases: readonly string[] }[]
}

async function audit(url: string, ...options: readonly string[]) {
  const { exitCode, summary } = await runPocketshelf(['audit', url, '--wait', '4', ...options])
  return { exitCode, summary: summary as Summary } // what --json promises
}

test('an audit of the demo shop finds its requests and no broken promise', async ({ demo }) => {
  const { exitCode, summary } = await audit(`${demo.url}/`)
  expect(summary.breaches).toEqual([])
  expect(exitCode).toBe(0)
  expect(summary.use.cards).toBeGreaterThan(8)
  expect(summary.requests.filter(({ url }) => url.includes('/objects/')).length).toBeGreaterThan(3)
  expect(summary.storage[0]?.databases.some((name) => name.startsWith('pocketshelf'))).toBe(true)
})

test('an audit of a page that leaks says what, and exits with 3', async ({ demo }) => {
  const tag = `<script async src="/pocketshelf.js" data-site="demo" data-keys="${demo.prepared.publicKey}"></script>`
  const leak = `addEventListener('rec-list', ({ detail }) => {
    const ids = detail.items.map(({ id }) => id).join(',')
    document.cookie = 'shown=' + ids.slice(0, 200)
    fetch('/v1/sites/demo/channels/main?seen=' + ids)
    fetch('/v1/sites/demo/events', { method: 'POST', body: JSON.stringify({ ids, at: Date.now() | 1 }) })
    navigator.sendBeacon('http://localhost:' + location.port + '/collect', ids)
    new Image().src = 'http://localhost:' + location.port + '/pixel.gif?item=' + detail.items[0].id
  })`
  await demo.write(
    'leak.html',
    `<!doctype html><title>Leak</title>${tag}<pocket-shelf scene="for-you"></pocket-shelf><script>${leak}</script>`,
  )
  const { exitCode, summary } = await audit(`${demo.url}/leak.html`, '--click', '0')
  expect(exitCode).toBe(3)
  expect(summary.isKept).toBe(false)
  expect([...new Set(summary.breaches.map(({ rule }) => rule))]).toEqual([
    'body-without-consent',
    'edge-cookie',
    'edge-query',
    'event-time',
    'history-elsewhere',
    'history-in-cookie',
  ])
  const elsewhere = summary.breaches.filter(({ rule }) => rule === 'history-elsewhere').map(({ what }) => what)
  expect(elsewhere).toEqual([
    expect.stringMatching(/^POST .*\/collect$/),
    expect.stringMatching(/^GET .*\/pixel[.]gif$/),
  ])
})

test('an audit with a signal against tracking finds that the shop keeps it', async ({ demo }) => {
  const { exitCode, summary } = await audit(`${demo.url}/`, '--gpc')
  expect(exitCode).toBe(0)
  expect(summary.use.cards).toBeGreaterThan(8)
})
