/**
 * The arrows of the house (docs/decisions/0008-house-checks.md) and, per folder, the npm packages it may use. Both lists are closed:
 * what is not named is refused. `tools/check-boundaries.ts` runs them; `tools/check-boundaries.test.ts` plants violations.
 */

/** Folder -> what it may import. `local` are path patterns besides the folder itself; `node` lets Node's own modules in. */
export const FOLDERS = {
  contract: { local: [], npm: [], node: false },
  'worker/core': { local: ['^contract/'], npm: [], node: false },
  worker: {
    local: ['^contract/', '^worker/core/', '^tools/hnsw-patch[.]ts$'],
    npm: ['comlink', 'hnswlib-wasm', 'idb', 'onnxruntime-web'],
    node: false,
  },
  client: { local: ['^contract/'], npm: ['comlink', 'idb', 'workbox-window'], node: false },
  edge: {
    local: ['^contract/', '^cloudflare:'],
    npm: ['@hono/node-server', 'better-sqlite3', 'hono', 'pino', 'prom-client', 'zod'],
    node: true,
  },
  'model-build': {
    local: ['^contract/', '^worker/core/', '^tools/(data-dir|hnsw-patch)[.]ts$'],
    npm: [
      '@duckdb/node-api',
      'assemblyscript',
      'better-sqlite3',
      'cli-progress',
      'commander',
      'echarts',
      'fast-xml-parser',
      'hnswlib-wasm',
      'onnxruntime-web',
      'openapi-fetch',
      'playwright-core',
      'smol-toml',
      'zod',
    ],
    node: true,
  },
  bench: {
    local: ['^contract/', '^worker/core/', '^tools/(data-dir|hnsw-patch|webkit-window)[.]ts$'],
    npm: [
      '@orama/orama',
      'edgevec',
      'esbuild',
      'chrome-launcher',
      'hnswlib-wasm',
      'idb',
      'lighthouse',
      'mememo',
      'onnxruntime-web',
      'playwright',
      'voy-search',
    ],
    node: true,
  },
  public: {
    local: [],
    npm: [
      'pocketshelf',
      'uqr',
      'workbox-core',
      'workbox-precaching',
      'workbox-routing',
      'workbox-strategies',
      'workbox-window',
    ],
    node: false,
  },
  e2e: {
    local: ['^examples/', '^tools/webkit-window[.]ts$'],
    npm: ['@axe-core/playwright', '@playwright/test', 'esbuild', 'playwright', 'pocketshelf', 'svelte', 'vue'],
    node: true,
  },
  tools: {
    local: ['^contract/errors[.]ts$', '^[.]dependency-cruiser[.]mjs$'],
    npm: [
      '@arethetypeswrong/core',
      'assemblyscript',
      'dependency-cruiser',
      'esbuild',
      'marked',
      'openapi-typescript',
      'publint',
      'size-limit',
      'typescript',
      'vite',
      'vitest',
    ],
    node: true,
  },
}

/** Beside the code: tests and what tests share. They may use the test tools and Node, but the arrows hold for them too. */
const TESTS = '([.](test|test-d|conformance)[.]ts$)|(/(contract-suite|fixtures|testing)/)'
/** Run while building, never shipped. */
const BUILD_STEPS = '^(worker|client|public)/build/|vite[.][^/]*config[.]ts$'
const TEST_PACKAGES = [
  '@playwright/test',
  'esbuild',
  'fake-indexeddb',
  'fast-check',
  'miniflare',
  'playwright',
  'vitest',
]
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown']

const pattern = (/** @type {string} */ name) => name.replaceAll('/', '[/]').replaceAll('.', '[.]')
const packages = (/** @type {readonly string[]} */ names) =>
  names.map((name) => `node_modules/${pattern(name)}/|^${pattern(name)}$`)

function rulesOf(
  /** @type {[string, { local: string[], npm: string[], node: boolean }]} */ [folder, { local, npm, node }],
) {
  const name = folder.replace('/', '-')
  const path = `^${folder}/`
  const nested = Object.keys(FOLDERS).filter((other) => other.startsWith(`${folder}/`))
  const pathNot = nested.map((other) => `^${other}/`)
  const shipped = [...pathNot, TESTS, BUILD_STEPS]
  const rules = [
    {
      name: `${name}-arrow`,
      severity: 'error',
      from: { path, pathNot },
      to: { dependencyTypesNot: [...NPM, 'core'], pathNot: [path, ...local, 'node_modules/'] },
    },
    {
      name: `${name}-package`,
      severity: 'error',
      from: { path, pathNot: shipped },
      to: { dependencyTypes: NPM, pathNot: packages(npm) },
    },
    {
      name: `${name}-test-package`,
      severity: 'error',
      from: { path: `${path}.*(${TESTS})`, pathNot },
      to: { dependencyTypes: NPM, pathNot: packages([...npm, ...TEST_PACKAGES]) },
    },
  ]
  if (!node)
    rules.push({
      name: `${name}-node`,
      severity: 'error',
      from: { path, pathNot: shipped },
      to: { dependencyTypes: ['core'], pathNot: [] },
    })
  return rules
}

export default {
  forbidden: [
    {
      name: 'cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^cloudflare:' } },
    ...Object.entries(FOLDERS).flatMap(rulesOf),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.]as[.]ts$|^tools/fixtures/|^dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      importsFields: ['imports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
