import { readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { brotliBytes } from '../harness/brotli.ts'
import { ROOT } from '../harness/places.ts'

const ENGINES = fileURLToPath(new URL('engines/', import.meta.url))

/** Names of all engines; each is a file of `engines/`. */
export async function engineNames(): Promise<string[]> {
  return (await readdir(ENGINES)).map((file) => file.replace(/\.ts$/, '')).sort()
}

/** One engine as a page loads it: `<dir>/<name>.js`, its binaries beside it. */
export type Bundle = { readonly name: string; readonly version: string; readonly codeBytes: number }

/**
 * Bundles and minifies one engine into a directory.
 */
export async function bundleEngine(name: string, dir: string): Promise<Bundle> {
  const out = join(dir, name)
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await build({
    entryPoints: [join(ENGINES, `${name}.ts`)],
    outfile: join(out, `${name}.js`),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'silent',
    loader: { '.wasm': 'binary' },
    plugins: name === 'voy-search' ? [wasmModules()] : [],
  })
  const others = await otherFiles(name)
  for (const [file, from] of others) await copyFile(from, join(out, file))
  const counted = [join(out, `${name}.js`), ...others.map(([, from]) => from)]
  const sizes = await Promise.all(counted.map(async (file) => brotliBytes(await readFile(file))))
  return { name, version: versionOf(name), codeBytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** Files an engine fetches by itself. */
async function otherFiles(name: string): Promise<(readonly [string, string])[]> {
  return name === 'edgevec' ? [['edgevec_bg.wasm', join(ROOT, 'node_modules/edgevec/edgevec_bg.wasm')]] : []
}

/** Imports of `.wasm` as modules (voy-search): inlines the binary and instantiates it, as bundlers' plugins do. */
function wasmModules(): Plugin {
  return {
    name: 'wasm-modules',
    setup(setup) {
      setup.onLoad({ filter: /\.wasm$/ }, ({ path }) => {
        const bytes = readFileSync(path)
        const module = new WebAssembly.Module(bytes)
        const imports = [...new Set(WebAssembly.Module.imports(module).map((entry) => entry.module))]
        const names = WebAssembly.Module.exports(module).map((entry) => entry.name)
        return {
          loader: 'js',
          contents: [
            ...imports.map((from, i) => `import * as import${i} from ${JSON.stringify(from)}`),
            `const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toString('base64'))}), (c) => c.charCodeAt(0))`,
            `const given = { ${imports.map((from, i) => `${JSON.stringify(from)}: import${i}`).join(', ')} }`,
            'const { instance } = await WebAssembly.instantiate(bytes, given)',
            ...names.map((name) => `export const ${name} = instance.exports[${JSON.stringify(name)}]`),
          ].join('\n'),
        }
      })
    },
  }
}

const PACKAGES: Readonly<Record<string, string>> = { orama: '@orama/orama' }

function versionOf(name: string): string {
  if (name === 'brute-force-js') return ''
  const file =
    name === 'pocketshelf'
      ? join(ROOT, 'package.json')
      : join(ROOT, 'node_modules', PACKAGES[name] ?? name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version // every package has one
}
