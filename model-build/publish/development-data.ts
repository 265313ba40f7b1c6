import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { InputRequest } from '../commands/requests.ts'
import { DEMO_DEFAULTS, generateDemoData } from '../demo-data/generate-demo-data.ts'
import { expandFiles, findDataFiles } from '../ingest/find-files.ts'

/** What `pocketshelf dev` builds from. */
export type DevelopmentData = {
  /** Lower-case letters, digits and dashes; names the work directory. */
  readonly name: string
  readonly input: InputRequest
}

/** Where the input comes from and what the work directory is called; without input, generated data called `demo`. */
export function nameData(input: InputRequest): DevelopmentData {
  const first = input.dataDir ?? input.interactions[0] ?? input.items[0]
  if (first === undefined) return { name: 'demo', input }
  const folder = input.dataDir === undefined ? dirname(resolve(first)) : resolve(first)
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return { name: name === '' || name === 'demo' ? 'own-data' : name, input }
}

/** Generates the demo shop into a directory unless it is there already, whole and from this seed. */
export async function makeDemoData(dir: string, seed: number, onStart: () => void): Promise<void> {
  const stamp = join(dir, '.generated')
  const wanted = JSON.stringify({ ...DEMO_DEFAULTS, seed })
  const isThere = (await readFile(stamp, 'utf8').catch(() => '')) === wanted
  if (isThere && existsSync(join(dir, 'items.csv')) && existsSync(join(dir, 'interactions.csv'))) return
  onStart()
  await rm(dir, { recursive: true, force: true })
  await generateDemoData({ outDir: dir, seed })
  await writeFile(stamp, wanted)
}

/** Every file that a build of this input reads. @throws RecError `input-missing` */
export function inputFiles({ interactions, items, dataDir }: InputRequest): readonly string[] {
  const found = dataDir === undefined ? { interactions: [], items: [], genres: undefined } : findDataFiles(dataDir)
  const genres = found.genres === undefined ? [] : [found.genres]
  return [
    ...expandFiles(interactions.length > 0 ? interactions : found.interactions),
    ...expandFiles(items.length > 0 ? items : found.items),
    ...genres,
  ]
}
