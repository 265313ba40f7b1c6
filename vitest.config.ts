import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './tools/slow-first.ts'

const neverTests = ['**/node_modules/**', 'dist/**', '.cache/**', 'e2e/**']

/** Chromium of the distribution; its sandbox cannot start as root. */
const chromium = { executablePath: '/usr/lib/chromium/chromium', chromiumSandbox: process.getuid?.() !== 0 }

/** Longer than anything takes on the slowest machine: these limits find what hangs, they measure nothing. */
const HANGS_MS = 120_000
const TRAINS_MS = 900_000

/** One project per suffix: where a test runs is written in its name. */
export default defineConfig({
  test: {
    expect: { requireAssertions: true, poll: { timeout: HANGS_MS } },
    restoreMocks: true,
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    // All cores: the runner's own process hardly works, and leaving one to it would double the time on two.
    maxWorkers: '100%',
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: [...neverTests, '**/*.browser.test.ts', '**/*.edge.test.ts', '**/*.quality.test.ts'],
        },
      },
      {
        extends: true,
        optimizeDeps: { include: ['idb', 'hnswlib-wasm'], exclude: ['onnxruntime-web'] },
        worker: { format: 'es' },
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: neverTests,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromium }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      { extends: true, test: { name: 'edge', include: ['**/*.edge.test.ts'], exclude: neverTests } },
      {
        extends: true,
        test: {
          name: 'quality',
          include: ['**/*.quality.test.ts'],
          exclude: neverTests,
          testTimeout: TRAINS_MS,
          hookTimeout: TRAINS_MS,
        },
      },
    ],
  },
})
