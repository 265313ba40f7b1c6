import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Where the committed binary lies. */
export const KERNELS_WASM = new URL('./kernels.wasm', import.meta.url)

/** Compiles kernels.as.ts with AssemblyScript (SIMD, shared memory imported as env.memory). @throws Error with the compiler's words. */
export async function compileKernels(): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc')
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads', '--importMemory']
  const memory = ['--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--use', 'abort=']
  let binary: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    ['kernels.as.ts', ...flags, ...memory, '--baseDir', folder, '--outFile', 'kernels.wasm'],
    {
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name === 'kernels.wasm' && typeof contents !== 'string') binary = contents
      },
    },
  )
  if (error !== null || binary === undefined)
    throw new Error(`AssemblyScript failed: ${String(error)}\n${stderr.toString()}`)
  return binary
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(KERNELS_WASM, await compileKernels())
