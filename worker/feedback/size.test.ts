import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What stands in for the parts through which the engine reaches private feedback; nothing else of it is bundled then. */
const STAND_INS: Readonly<Record<string, string>> = {
  'worker/feedback/private-loop.ts': `export class PrivateLoop {
    get wantsLists() { return false }
    adopt() {} start() {} opened() {} tracked() {} modeChanged() {} status() {} forget() {} stop() {}
  }`,
  'worker/feedback/deliver.ts': 'export const deliverReport = async () => {}',
  'worker/feedback/idb-store.ts': 'export const createIdbFeedback = () => null',
  'worker/core/feedback/memory-store.ts': 'export const createMemoryFeedback = () => null',
}

/** Scores lists by the parts of a release that learn, whoever taught them. */
const SHARED = 'contract/feedback/learning.ts'

const withoutFeedback: Plugin = {
  name: 'without-feedback',
  setup({ onLoad }) {
    onLoad({ filter: /feedback[/].*[.]ts$/ }, ({ path }) => {
      const contents = STAND_INS[path.slice(ROOT.length)]
      return contents === undefined ? undefined : { contents, loader: 'ts' }
    })
  },
}

async function bundle(contents: string, plugins: Plugin[] = []) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    plugins,
  })
  const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  return { bytes, used: used.filter((path) => path.includes('feedback/')) }
}

test('what decides about a report, its randomiser, wire form, budget and delays, has at most 2 kB gzip', async () => {
  const { bytes } = await bundle(`
    export { randomise } from '#worker/core/feedback/randomise'
    export { encodeReport } from '#contract/feedback/report'
    export { debit } from '#worker/core/feedback/ledger'
    export { nextDue, sendDelay } from '#worker/core/feedback/delays'
  `)
  expect(bytes).toBeGreaterThan(800)
  expect(bytes).toBeLessThanOrEqual(2_048)
})

test('every device pays at most 2 kB gzip for it: stores, leaving, and what a service worker sends', async () => {
  const entry = `
    export { createEngine } from './worker/engine.ts'
    export { refreshInBackground } from './worker/background.ts'
    export { createBrowserDeps } from './worker/browser-deps.ts'
  `
  const [whole, rest] = await Promise.all([bundle(entry), bundle(entry, [withoutFeedback])])
  expect([...rest.used].sort()).toEqual([SHARED, ...Object.keys(STAND_INS)].sort())
  expect(whole.used).not.toContain('worker/core/feedback/randomise.ts')
  expect(whole.bytes - rest.bytes).toBeGreaterThan(1_000)
  expect(whole.bytes - rest.bytes).toBeLessThanOrEqual(2_048)
})

// Plans that are checked field by field, a ledger that no crash cheats, lessons from lists, ChaCha20.
test('a device in aggregate mode loads at most 7.5 kB gzip more', async () => {
  const { bytes, used } = await bundle(`export { ReportLoop } from './worker/feedback/report-loop.ts'`)
  expect(used).toContain('worker/core/feedback/randomise.ts')
  expect(bytes).toBeGreaterThan(4_000)
  expect(bytes).toBeLessThanOrEqual(7_680)
})
