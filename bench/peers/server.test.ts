import { expect, test } from 'vitest'
import { startServer } from './server.ts'

test('startServer › joins uploads in their order and hands them out once', async () => {
  const server = await startServer({})
  try {
    for (const text of ['first ', 'second'])
      expect((await fetch(`${server.url}/store`, { method: 'POST', body: text })).status).toBe(200)
    expect(server.take('/store').toString()).toBe('first second')
    expect(server.take('/store').length).toBe(0)
  } finally {
    await server.close()
  }
})

test('startServer › gives pages fine clocks, and 404 for what is not there', async () => {
  const server = await startServer({ '/bench/': import.meta.dirname })
  try {
    server.give('/data/rows', Uint8Array.of(1, 2))
    const answer = await fetch(`${server.url}/data/rows`)
    expect(answer.headers.get('cross-origin-embedder-policy')).toBe('require-corp')
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(Uint8Array.of(1, 2))
    expect((await fetch(`${server.url}/bench/absent.js`)).status).toBe(404)
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(404)
  } finally {
    await server.close()
  }
})
