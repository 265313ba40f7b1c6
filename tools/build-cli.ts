/**
 * Writes the `pocketshelf` command as JavaScript into dist/cli: Node strips no types below node_modules. Each source becomes one file at
 * the same place, so that what a module finds beside itself (kernels, worker threads, the edge) lies beside it there too.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

const OUT = join(ROOT, 'dist', 'cli')
const SHIPPED = /^(?:contract|worker\/core|model-build|edge\/core|edge\/node)\/|^tools\/(?:data-dir|hnsw-patch)[.]ts$/
const LEFT_OUT =
  /[.](?:(?:edge|browser|quality)[.])?test[.]ts$|[.]conformance[.]ts$|[.](?:d|as)[.]ts$|\/(?:testing|fixtures)\/|^model-build\/kernels\/compile[.]ts$|^edge\/node\/write-openapi[.]ts$/

/** Imports of our own files name those that are written, beside each other; packages stay as they are. */
const neighbours: Plugin = {
  name: 'neighbours',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined
      const own = /^#(?:contract|worker\/core)\//.test(path) ? `${join(ROOT, path.slice(1))}.ts` : null
      const near = own === null ? path : `./${relative(resolveDir, own).split(sep).join('/')}`.replace('./../', '../')
      return { path: /^[.]{1,2}\//.test(near) ? near.replace(/[.]ts$/, '.js') : path, external: true }
    })
  },
}

async function main(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true })
  const files = projectFiles().filter((file) => SHIPPED.test(file) && !LEFT_OUT.test(file))
  await build({
    absWorkingDir: ROOT,
    entryPoints: files.filter((file) => file.endsWith('.ts')),
    outdir: OUT,
    outbase: ROOT,
    bundle: true, // only so that imports are resolved by the plugin: every one is external
    plugins: [neighbours],
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'warning',
  })
  for (const file of files.filter((name) => name.endsWith('.wasm'))) {
    mkdirSync(dirname(join(OUT, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(OUT, file))
  }
  const { name, version } = JSON.parse(readProjectFile('package.json')) as { name: string; version: string } // ours
  const own = { name: `${name}-cli`, version, private: true, type: 'module' }
  writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
}

await main()
