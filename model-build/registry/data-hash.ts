import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Config } from '../config/schema.ts'

/** SHA-256 over the bytes of input files in the order given, in hex; the same data under other names has the same hash. */
async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const own = createHash('sha256')
    for await (const chunk of createReadStream(path)) own.update(chunk as Uint8Array) // no encoding is set, so chunks are bytes
    hash.update(own.digest())
  }
  return hash.digest('hex')
}

/** Everything from outside that a build follows from: its input files, and a ranker trained elsewhere. */
export function hashInputs(
  { interactions, items }: { readonly interactions: readonly string[]; readonly items: readonly string[] },
  { ranker }: Pick<Config, 'ranker'>,
): Promise<string> {
  return hashFiles([...interactions, ...items, ...(ranker.onnx === '' ? [] : [ranker.onnx])])
}
