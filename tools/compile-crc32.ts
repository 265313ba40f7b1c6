import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compileAssemblyScript } from './assembly-script.ts'

const CONTRACT = new URL('../contract/', import.meta.url)

/** The committed module that carries the checksum's kernel. */
export const CRC32_KERNEL = new URL('crc32-kernel.ts', CONTRACT)

/** Compiles contract/crc32.as.ts into a module that holds it as text, so that checksums stay synchronous. @throws Error with the compiler's words. */
export async function compileCrc32(): Promise<string> {
  const binary = await compileAssemblyScript(new URL('crc32.as.ts', CONTRACT), [])
  const text = Buffer.from(binary).toString('base64')
  return [
    '/** crc32.as.ts compiled to WebAssembly, in base64; written by tools/compile-crc32.ts. */',
    'export const CRC32_KERNEL =',
    `  '${text}'`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(CRC32_KERNEL, await compileCrc32())
