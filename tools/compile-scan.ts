import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compileAssemblyScript } from './assembly-script.ts'

const SCAN_FOLDER = new URL('../worker/core/scan/', import.meta.url)

/** Where the committed scan kernel lies. */
export const SCAN_WASM = new URL('scan.wasm', SCAN_FOLDER)

/** Compiles worker/core/scan/scan.as.ts, with SIMD. @throws Error with the compiler's words. */
export function compileScan(): Promise<Uint8Array> {
  return compileAssemblyScript(new URL('scan.as.ts', SCAN_FOLDER), ['--enable', 'simd'])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(SCAN_WASM, await compileScan())
