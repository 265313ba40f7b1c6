import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Writes one JSON line per value. Rejects with the system's error where the file cannot be written. */
export function writeJsonLines(path: string, values: Iterable<unknown>): Promise<void> {
  return pipeline(Readable.from(linesOf(values)), createWriteStream(path))
}

function* linesOf(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`
}
