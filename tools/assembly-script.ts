import { fileURLToPath } from 'node:url'

/** Compiles an AssemblyScript file and what it imports: no runtime, memory of its own. @throws Error with the compiler's words. */
export async function compileAssemblyScript(file: URL, flags: readonly string[]): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc')
  const common = ['-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '2', '--use', 'abort=']
  let binary: Uint8Array | undefined
  const { error, stderr } = await asc.main([fileURLToPath(file), ...common, ...flags, '--outFile', 'out.wasm'], {
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name === 'out.wasm' && typeof contents !== 'string') binary = contents
    },
  })
  if (error !== null || binary === undefined)
    throw new Error(`AssemblyScript failed: ${String(error)}\n${stderr.toString()}`)
  return binary
}
