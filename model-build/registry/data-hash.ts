import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256 over the bytes of input files in the order given, in hex; the same data under other names has the same hash. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const own = createHash('sha256')
    for await (const chunk of createReadStream(path)) own.update(chunk as Uint8Array) // no encoding is set, so chunks are bytes
    hash.update(own.digest())
  }
  return hash.digest('hex')
}
