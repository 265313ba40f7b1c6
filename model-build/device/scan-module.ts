import { readFileSync } from 'node:fs'

/** The kernel that devices search with, compiled. */
export function loadScanModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../worker/core/scan/scan.wasm', import.meta.url)))
}
