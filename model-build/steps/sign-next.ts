import { RecError } from '#contract/errors'
import { DEFAULT_CHANNEL, type SignedPointer, type StepName } from '#contract/pointer'
import type { loadKeys } from '../config/key-files.ts'
import type { Config } from '../config/schema.ts'
import type { StoredRelease } from '../release/release-dir.ts'
import { signPublication } from '../release/sign.ts'

export type NextSigning = {
  readonly config: Config
  /** Null signs nothing. */
  readonly keys: Awaited<ReturnType<typeof loadKeys>> | null
  readonly last: StoredRelease | null
  /** Hash of the manifest. */
  readonly manifest: string
  readonly publication: number
}

/** Signs every step of the next publication. @throws RecError `config-invalid` when the folder holds another site */
export async function signNext({
  config,
  keys,
  last,
  manifest,
  publication,
}: NextSigning): Promise<Partial<Record<StepName, SignedPointer>>> {
  if (keys === null) return {}
  if (last !== null && last.file.site !== config.site.name)
    throw new RecError('config-invalid', 'the output folder holds another site; use one folder per site')
  const previous = last?.file.manifest ?? null
  const issuedAt = new Date().toISOString()
  const plan = { site: config.site.name, channel: DEFAULT_CHANNEL, publication, manifest, previous, issuedAt }
  return signPublication(plan, keys.signing)
}
