import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { replaceFile } from '../release/release-dir.ts'

/** `retrain.json` beside a release: how far the events were read that it was made from. Holds no event. */
export type RetrainState = { readonly v: 1; readonly site: string; readonly cursor: number }

const path = (dir: string): string => join(dir, 'retrain.json')

/** The state of a site; from the start when there is none. @throws RecError `input-malformed` */
export async function readRetrainState(dir: string, site: string): Promise<RetrainState> {
  const text = await readFile(path(dir), 'utf8').catch(() => null)
  if (text === null) return { v: 1, site, cursor: 0 }
  let raw: Partial<RetrainState> | null = null
  try {
    raw = JSON.parse(text)
  } catch {
    // Said below, as for any other damage.
  }
  if (raw?.v !== 1 || typeof raw.site !== 'string' || !Number.isSafeInteger(raw.cursor))
    throw new RecError('input-malformed', `${path(dir)} is not valid; delete it to count all events as new`)
  return raw.site === site ? { v: 1, site, cursor: raw.cursor ?? 0 } : { v: 1, site, cursor: 0 }
}

export async function writeRetrainState(dir: string, state: RetrainState): Promise<void> {
  await replaceFile(path(dir), `${JSON.stringify(state)}\n`)
}
