import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where development data lies unless `--data DIR` says otherwise, resolved against the project root; the folder may be absent. */
export const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../shared/data', import.meta.url))

/** Whether the development data set `name` (a folder of the data directory) is here; tests that need it say why they skip. */
export function hasDataSet(name: string, dataDir: string = DEFAULT_DATA_DIR): boolean {
  return existsSync(`${dataDir}/${name}`)
}
