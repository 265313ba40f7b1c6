import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** Writes one JSON line per value, waiting where the disk is slower than we are. */
export async function writeJsonLines(path: string, values: Iterable<unknown>): Promise<void> {
  const out = createWriteStream(path)
  for (const value of values) if (!out.write(`${JSON.stringify(value)}\n`)) await once(out, 'drain')
  await new Promise((resolve) => out.end(resolve))
}
