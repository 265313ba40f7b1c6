import { defineConfig } from 'vitest/config'

const neverTests = ['**/node_modules/**', 'dist/**', '.cache/**', 'e2e/**']

/** Chromium of the distribution: the one browser that unit tests of the `browser` project drive (docs/decisions/0008). */
export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    restoreMocks: true,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: [...neverTests, '**/*.browser.test.ts', '**/*.edge.test.ts', '**/*.quality.test.ts'],
        },
      },
      { extends: true, test: { name: 'edge', include: ['**/*.edge.test.ts'], exclude: neverTests } },
      {
        extends: true,
        test: { name: 'quality', include: ['**/*.quality.test.ts'], exclude: neverTests, testTimeout: 600_000 },
      },
    ],
  },
})
