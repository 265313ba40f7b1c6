/**
 * Builds the worker's files into dist/: the worker (one classic script), the scan kernel, and the runtimes that are loaded late. None of
 * them carries a hash in its name; the client's build pins the worker by its integrity.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, minify } from 'vite'
import { BUILT_FILES } from '#contract/rpc'
import { readHnswlib } from '../../tools/hnsw-patch.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DIST = join(ROOT, 'dist')
const ORT = join(ROOT, 'node_modules', 'onnxruntime-web', 'dist')

async function buildWorker(): Promise<void> {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    root: ROOT,
    build: {
      outDir: DIST,
      emptyOutDir: false,
      target: 'es2022',
      minify: 'oxc',
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: join(ROOT, 'worker', 'entry.ts'),
        output: { format: 'iife', codeSplitting: false, entryFileNames: BUILT_FILES.worker },
      },
    },
  })
}

/** ONNX Runtime as published: its bundled build needs no second script, and is given its binary as bytes. */
function copyOrt(): void {
  const glue = readFileSync(join(ORT, 'ort.wasm.bundle.min.mjs'), 'utf8')
  writeFileSync(join(DIST, BUILT_FILES.ortJs), glue.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'))
  copyFileSync(join(ORT, 'ort-wasm-simd-threaded.wasm'), join(DIST, BUILT_FILES.ortWasm))
}

/** hnswlib-wasm without generated code, its binary beside its script, both under the names that the worker derives from each other. */
async function writeHnswlib(): Promise<void> {
  const { js, wasm } = await readHnswlib()
  const { code } = await minify(BUILT_FILES.hnswJs, js, { module: true, mangle: false })
  writeFileSync(join(DIST, BUILT_FILES.hnswJs), code)
  writeFileSync(join(DIST, BUILT_FILES.hnswJs.replace(/\.js$/, '.wasm')), wasm)
}

/** Writes all files. */
export async function buildWorkerFiles(): Promise<void> {
  mkdirSync(DIST, { recursive: true })
  await buildWorker()
  copyFileSync(join(ROOT, 'worker', 'core', 'scan', 'scan.wasm'), join(DIST, BUILT_FILES.scanWasm))
  copyOrt()
  await writeHnswlib()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorkerFiles()
