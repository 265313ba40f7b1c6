import type { Step } from './run-step.ts'

const TSC = 'node_modules/typescript/bin/tsc'

/** What needs no browser; the boundaries need the build, since pages import the built package. Each counts as one test in `npm test`. */
export const STATIC_CHECKS: readonly Step[] = [
  { name: 'format and lint', args: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'types: each folder with its own globals', args: [TSC, '-b', 'tsconfig.projects.json'] },
  { name: 'types: tests and everything together', args: [TSC, '-p', 'tsconfig.json'] },
  { name: 'boundaries between folders', args: ['tools/check-boundaries.ts'] },
  { name: 'dead code and unused dependencies', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  { name: 'forbidden words', args: ['tools/check-words.ts'] },
  { name: 'claims of the README', args: ['tools/check-claims.ts'] },
  { name: 'lock file is complete', args: ['tools/complete-lock.ts', '--check'] },
  { name: 'generated files are unchanged', args: ['tools/generate.ts', '--check'] },
  { name: 'format pages are unchanged', args: ['tools/generate-formats.ts', '--check'] },
]

/** Builds what is shipped; the sizes and the end-to-end tests look at its output. */
export const BUILD: Step = { name: 'build', args: ['tools/build.ts', '--if-stale'] }

/** The package as it would be published; it holds the build. */
export const PACKAGE: Step = { name: 'published package', args: ['tools/check-package.ts'] }

/** The documentation site: every link and every exported thing. */
export const DOCS: Step = { name: 'documentation', args: ['tools/build-docs.ts'] }

/** Byte budgets of the built files. */
export const SIZES: Step = { name: 'sizes', args: ['tools/check-sizes.ts'] }
