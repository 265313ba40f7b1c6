import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const SCAN_FOLDER = new URL('../worker/core/scan/', import.meta.url)

/** Where the committed scan kernel lies. */
export const SCAN_WASM = new URL('scan.wasm', SCAN_FOLDER)

/** Compiles worker/core/scan/scan.as.ts and what it imports with AssemblyScript: SIMD, own memory, no runtime. @throws Error with the compiler's words. */
export async function compileScan(): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc')
  const flags = [
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '2',
    '--use',
    'abort=',
  ]
  let binary: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    ['scan.as.ts', ...flags, '--baseDir', fileURLToPath(SCAN_FOLDER), '--outFile', 'scan.wasm'],
    {
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name === 'scan.wasm' && typeof contents !== 'string') binary = contents
      },
    },
  )
  if (error !== null || binary === undefined)
    throw new Error(`AssemblyScript failed: ${String(error)}\n${stderr.toString()}`)
  return binary
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(SCAN_WASM, await compileScan())
