/**
 * Builds the worker's files into dist/: the worker (one classic script), the scan kernel, and the scripts and runtimes that are loaded late. None of
 * them carries a hash in its name; the client's build pins the worker by its integrity.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { BUILT_FILES } from '#contract/rpc'
import { readHnswlib } from '../../tools/hnsw-patch.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DIST = join(ROOT, 'dist')
const ORT = join(ROOT, 'node_modules', 'onnxruntime-web', 'dist')

/** One script without chunks. */
async function bundle(
  entry: string,
  name: string,
  { format, plugins, define = {} }: { format: 'iife' | 'es'; plugins: Plugin[]; define?: Record<string, string> },
): Promise<void> {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    root: ROOT,
    plugins,
    define,
    build: {
      outDir: DIST,
      emptyOutDir: false,
      target: 'es2022',
      minify: 'oxc',
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: format === 'es' ? 'strict' : false,
        output: { format, codeSplitting: false, entryFileNames: name },
      },
    },
  })
}

/** Takes status, retry and advice out of the error table: a device needs its codes alone, and the rest is for servers and people. */
function withoutErrorHelp(): Plugin {
  const entry = /\{\s*status:\s*\d+,\s*retry:\s*'[^'\n]*',\s*help:\s*(?:'[^'\n]*'|"[^"\n]*"|`[^`]*`),?\s*\}/g
  return {
    name: 'pocketshelf-error-help',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/contract/errors.ts')) return null
      if ((code.match(entry) ?? []).length < 20) this.error('the error table has changed its form')
      return { code: code.replace(entry, '{}'), map: null }
    },
  }
}

const GRAPH_ENTRY = '\0graph-script'
const HNSWLIB = '\0hnswlib'

/** The script of the graph engine: the patched library's factory and our code over it. */
function graphScript(library: string): Plugin {
  const engine = JSON.stringify(join(ROOT, 'worker', 'engines', 'graph-engine.ts'))
  const sources = new Map([
    [GRAPH_ENTRY, `export { default as factory } from '${HNSWLIB}'\nexport { startGraphEngine } from ${engine}`],
    [HNSWLIB, library],
  ])
  return {
    name: 'pocketshelf-graph-script',
    enforce: 'pre',
    resolveId: (name) => (sources.has(name) ? name : null),
    load: (name) => sources.get(name) ?? null,
  }
}

/** ONNX Runtime as published: its bundled build needs no second script, and is given its binary as bytes. */
function copyOrt(): void {
  const glue = readFileSync(join(ORT, 'ort.wasm.bundle.min.mjs'), 'utf8')
  writeFileSync(join(DIST, BUILT_FILES.ortJs), glue.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'))
  copyFileSync(join(ORT, 'ort-wasm-simd-threaded.wasm'), join(DIST, BUILT_FILES.ortWasm))
}

/** The graph engine: hnswlib-wasm without generated code, its binary beside the script under the name that the worker derives. */
async function buildGraphEngine(): Promise<void> {
  const { js, wasm } = await readHnswlib()
  await bundle(GRAPH_ENTRY, BUILT_FILES.hnswJs, { format: 'es', plugins: [graphScript(js), withoutErrorHelp()] })
  writeFileSync(join(DIST, BUILT_FILES.hnswJs.replace(/\.js$/, '.wasm')), wasm)
}

/** SHA-256 of each engine file as browsers check it: the page pins the worker, and the worker its engines. */
function engineIntegrity(): Readonly<Record<string, string>> {
  const { scanWasm, feedbackJs, hnswJs, ortWasm, ortJs } = BUILT_FILES
  const names = [scanWasm, feedbackJs, hnswJs, hnswJs.replace(/\.js$/, '.wasm'), ortWasm, ortJs]
  const hashOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(DIST, name)))
      .digest('base64')
  return Object.fromEntries(names.map((name) => [name, `sha256-${hashOf(name)}`]))
}

/** Writes all files. */
export async function buildWorkerFiles(): Promise<void> {
  mkdirSync(DIST, { recursive: true })
  copyFileSync(join(ROOT, 'worker', 'core', 'scan', 'scan.wasm'), join(DIST, BUILT_FILES.scanWasm))
  copyOrt()
  await buildGraphEngine()
  const feedback = join(ROOT, 'worker', 'feedback', 'report-loop.ts')
  await bundle(feedback, BUILT_FILES.feedbackJs, { format: 'es', plugins: [withoutErrorHelp()] })
  const define = { __ENGINE_INTEGRITY__: JSON.stringify(engineIntegrity()) }
  const plugins = [withoutErrorHelp()]
  await bundle(join(ROOT, 'worker', 'entry.ts'), BUILT_FILES.worker, { format: 'iife', plugins, define })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorkerFiles()
