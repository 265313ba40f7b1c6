import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin, type UserConfig } from 'vite'
import { demoConfig, serviceWorkerConfig } from './public/build/demo-config.ts'

const shared: UserConfig = { publicDir: false, logLevel: 'warn' }

/** SHA-256 of a built file as browsers check it; empty while there is none. */
function integrityOf(name: string): string {
  const file = `dist/${name}`
  return existsSync(file) ? `sha256-${createHash('sha256').update(readFileSync(file)).digest('base64')}` : ''
}

/** Writes other letters than ASCII as escapes: a page that names no charset would read the script in another one. */
function asciiOnly(): Plugin {
  return {
    name: 'ascii-only',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue
        file.code = file.code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      }
    },
  }
}

/** One file from `client/`: the drop-in script (IIFE) or the module for bundlers. */
function clientConfig(entry: string, format: 'iife' | 'es', fileName: string): UserConfig {
  return {
    ...shared,
    plugins: [asciiOnly()],
    define: {
      __POCKETSHELF_INTEGRITY__: JSON.stringify({
        worker: integrityOf('pocketshelf-worker.js'),
        shelf: integrityOf('pocketshelf-shelf.js'),
        inspector: integrityOf('pocketshelf-inspector.js'),
        watch: integrityOf('pocketshelf-watch.js'),
        ask: integrityOf('pocketshelf-ask.js'),
        profile: integrityOf('pocketshelf-profile.js'),
      }),
    },
    build: {
      outDir: 'dist',
      emptyOutDir: false,
      target: 'es2022',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark() as it is, not its replacement by variables
      reportCompressedSize: false,
      minify: 'oxc',
      lib: { entry, formats: [format], name: 'pocketshelfScript', fileName: () => fileName },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  }
}

/** The builds of the page, in order; `vite build --mode <name>` runs one of them. */
export const PAGE_BUILDS: Readonly<Record<string, () => UserConfig>> = {
  inspector: () => clientConfig('client/inspector/inspector-script.ts', 'iife', 'pocketshelf-inspector.js'),
  watch: () => clientConfig('client/watch-script.ts', 'iife', 'pocketshelf-watch.js'),
  ask: () => clientConfig('client/ask/ask-script.ts', 'iife', 'pocketshelf-ask.js'),
  profile: () => clientConfig('client/profile-script.ts', 'iife', 'pocketshelf-profile.js'),
  shelf: () => clientConfig('client/shelf-script.ts', 'iife', 'pocketshelf-shelf.js'),
  'drop-in': () => clientConfig('client/drop-in.ts', 'iife', 'pocketshelf.js'),
  client: () => clientConfig('client/index.ts', 'es', 'pocketshelf.mjs'),
  demo: () => ({ ...shared, ...demoConfig() }),
  'service-worker': () => ({ ...shared, ...serviceWorkerConfig() }),
}

export default defineConfig(({ mode }) => (PAGE_BUILDS[mode] ?? PAGE_BUILDS.demo ?? demoConfig)())
