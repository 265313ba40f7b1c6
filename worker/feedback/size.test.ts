import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

async function gzipBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

test('what decides about a report, its randomiser, wire form, budget and delays, has at most 2 kB gzip', async () => {
  const size = await gzipBytes(`
    export { randomise } from '#worker/core/feedback/randomise'
    export { encodeReport } from '#contract/feedback/report'
    export { debit } from '#worker/core/feedback/ledger'
    export { nextDue, sendDelay } from '#worker/core/feedback/delays'
  `)
  expect(size).toBeGreaterThan(800)
  expect(size).toBeLessThanOrEqual(2_048)
})

test('with answers, consent, outbox and status the whole has at most 4 kB gzip', async () => {
  const size = await gzipBytes(`export { createFeedback } from '#worker/core/feedback/feedback'`)
  expect(size).toBeLessThanOrEqual(4_096)
})
