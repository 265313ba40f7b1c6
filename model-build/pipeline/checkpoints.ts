import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { replaceFile } from '../release/release-dir.ts'
import type { Report } from './progress.ts'

/** Results of the finished steps of a build that has not ended. */
export type Checkpoints = {
  /** Takes up what is there and writes what is made. */
  readonly keep: Report['keep']
  /** Forgets everything: the build is done. */
  clear(): Promise<void>
}

const FOLDER = '.unfinished'

/**
 * Opens the results of an earlier, interrupted build of the same inputs, settings and code in the folder of a release; those of other builds are
 * deleted. A result is written whole or not at all. Steps are deterministic, so that a build that goes on gives the bytes of one that was never
 * stopped.
 * @param key - Hex digits that name inputs, settings and code.
 */
export async function openCheckpoints(outDir: string, key: string): Promise<Checkpoints> {
  const root = join(outDir, FOLDER)
  const dir = join(root, key)
  await mkdir(dir, { recursive: true })
  for (const other of await readdir(root)) if (other !== key) await rm(join(root, other), { recursive: true })
  return {
    keep: async <T>(name: string, make: () => Promise<T>): Promise<T> => {
      const path = join(dir, `${name.replaceAll(/[^\w-]+/g, '-')}.bin`)
      const bytes = await readFile(path).catch(() => null)
      if (bytes !== null) return deserialize(bytes) as T // written below under the same key and name
      const made = await make()
      await replaceFile(path, serialize(made))
      return made
    },
    clear: () => forgetCheckpoints(outDir),
  }
}

/** Deletes what interrupted builds left in a folder. */
export async function forgetCheckpoints(outDir: string): Promise<void> {
  await rm(join(outDir, FOLDER), { recursive: true, force: true })
}
