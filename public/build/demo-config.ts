import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin, UserConfig } from 'vite'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DIST = join(ROOT, 'dist')
const DEMO = join(DIST, 'demo')

/** Kept by the service worker on first use only. */
const ENGINES = /^pocketshelf-(?:hnsw|ort)\b/
/** Of the package's files the shop's shell needs these; the drop-in is for other pages. */
const SHELL_FILES = /^(?:pocketshelf-(?:worker|feedback)[.]js|pocketshelf-scan[.]wasm)$/

/** The demo shop: uses the built module as a stranger would, and carries the package's files beside its page. */
export function demoConfig(): UserConfig {
  return {
    root: join(ROOT, 'public'),
    publicDir: join(ROOT, 'public', 'static'),
    resolve: { alias: { pocketshelf: join(DIST, 'pocketshelf.mjs') } },
    plugins: [inlineStyles(), copyPackage()],
    build: {
      outDir: DEMO,
      emptyOutDir: true,
      target: 'es2022',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      reportCompressedSize: false,
      modulePreload: { polyfill: false },
    },
  }
}

/** `sw.js`, with the list of files it precaches; built after the shop. */
export function serviceWorkerConfig(): UserConfig {
  return {
    define: {
      __SHELL__: JSON.stringify(shellEntries()),
      __ENGINES_REVISION__: JSON.stringify(
        hashOf(
          packageFiles()
            .filter((name) => ENGINES.test(name))
            .map((name) => join(DIST, name)),
        ),
      ),
      'process.env.NODE_ENV': '"production"',
    },
    build: {
      outDir: DEMO,
      emptyOutDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      lib: {
        entry: join(ROOT, 'public', 'sw.ts'),
        formats: ['iife'],
        name: 'shopServiceWorker',
        fileName: () => 'sw.js',
      },
    },
  }
}

function packageFiles(): string[] {
  if (!existsSync(DIST)) return []
  return readdirSync(DIST).filter((name) => /^pocketshelf(?:-[\w.-]+)?[.](?:js|mjs|wasm)$/.test(name))
}

/** Puts the styles into the page itself: 3 kB on the way, and the first paint waits for no second file. */
function inlineStyles(): Plugin {
  return {
    name: 'inline-styles',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const inlined = html.replace(/<link rel="stylesheet"[^>]*href="[/]([^"]+)">/, (link, name: string) => {
          const { [name]: file } = bundle
          delete bundle[name]
          return file?.type === 'asset' ? `<style>${file.source}</style>` : link
        })
        if (inlined.includes('rel="stylesheet"') || !inlined.includes('<style>')) throw new Error('no styles to inline')
        return inlined
      },
    },
  }
}

function copyPackage(): Plugin {
  return {
    name: 'copy-package',
    closeBundle() {
      for (const name of packageFiles()) copyFileSync(join(DIST, name), join(DEMO, name))
    },
  }
}

/** Everything the shop needs offline, with hashes where the name has none. Icons are left to the browser. */
function shellEntries(): { readonly url: string; readonly revision: string | null }[] {
  return filesUnder(DEMO)
    .map((file) => relative(DEMO, file))
    .filter((name) => !/^pocketshelf/.test(name) || SHELL_FILES.test(name))
    .filter((name) => /[.](?:html|js|css|wasm|svg)$/.test(name) && name !== 'sw.js')
    .map((name) => ({ url: `/${name}`, revision: name.startsWith('assets/') ? null : hashOf([join(DEMO, name)]) }))
}

function filesUnder(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .sort()
    .flatMap((name) => {
      const path = join(dir, name)
      return statSync(path).isDirectory() ? filesUnder(path) : [path]
    })
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
