import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { compileKernels, KERNELS_WASM } from './compile.ts'

describe('kernels.wasm', () => {
  test('is what AssemblyScript makes of the sources, byte for byte', async () => {
    const compiled = await compileKernels()
    const committed = await readFile(KERNELS_WASM)
    expect(Buffer.compare(Buffer.from(compiled), committed)).toBe(0)
  })

  test('imports nothing but the shared memory', async () => {
    const module = new WebAssembly.Module(await readFile(KERNELS_WASM))
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
  })
})
