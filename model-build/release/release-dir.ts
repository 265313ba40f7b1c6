import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { isHash } from '#contract/limits'
import { type Dictionaries, type Manifest, parseDictionaries, parseManifest, secondSpaceOf } from '#contract/manifest'
import type { SignedPointer, StepName } from '#contract/pointer'
import type { SecondEncoder } from '../fit/second-model.ts'
import { type ItemRegistry, parseRegistry } from './item-registry.ts'
import { type ObjectSet, sha256Hex } from './object-set.ts'

/** What a build leaves in its output folder beside the objects: `release.json`, written last. */
export type ReleaseFile = {
  readonly v: 1
  readonly site: string
  readonly release: string
  /** Hash of the manifest; it is among the objects. */
  readonly manifest: string
  readonly objects: readonly string[]
  readonly publication: number
  /** One pointer per step, signed for `publication`; empty when the build had no key. */
  readonly pointers: Partial<Record<StepName, SignedPointer>>
}

/** A release as read back from its folder. */
export type StoredRelease = {
  readonly file: ReleaseFile
  readonly manifest: Manifest
  readonly dictionaries: Dictionaries
  readonly registry: ItemRegistry
}

const objectPath = (dir: string, hash: string): string => join(dir, 'objects', hash)

/**
 * Writes a release: objects first (each to a temporary name, then renamed), the registry, and `release.json` last, so that
 * a killed build leaves the release before it whole.
 */
export async function writeReleaseDir(
  dir: string,
  objects: ObjectSet,
  registry: ItemRegistry,
  file: ReleaseFile,
): Promise<void> {
  await mkdir(join(dir, 'objects'), { recursive: true })
  const present = new Set(await readdir(join(dir, 'objects')))
  for (const [hash, bytes] of objects.entries()) if (!present.has(hash)) await replaceFile(objectPath(dir, hash), bytes)
  await replaceFile(join(dir, 'registry.json'), JSON.stringify(registry))
  await replaceFile(join(dir, 'release.json'), `${JSON.stringify(file, null, 2)}\n`)
}

/** Writes beside the target and renames, so that readers see the old bytes or the new. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.part`
  await writeFile(temporary, content)
  await rename(temporary, path)
}

/**
 * Reads `release.json` and what it points to.
 * @throws RecError `input-missing` when there is no release, `input-malformed` or `hash-mismatch` when it is damaged.
 */
export async function readReleaseDir(dir: string): Promise<StoredRelease> {
  const file = parseReleaseFile(await readJson(join(dir, 'release.json')))
  const manifest = parseManifest(JSON.parse(new TextDecoder().decode(await readObject(dir, file.manifest))))
  const dictionaries = parseDictionaries(
    JSON.parse(new TextDecoder().decode(await readObject(dir, manifest.dictionaries.hash))),
  )
  return { file, manifest, dictionaries, registry: parseRegistry(await readJson(join(dir, 'registry.json'))) }
}

/** Reads the last release of a folder, or null when there is none yet. */
export async function readLastRelease(dir: string): Promise<StoredRelease | null> {
  try {
    return await readReleaseDir(dir)
  } catch (error) {
    if (error instanceof RecError && error.code === 'input-missing') return null
    throw error
  }
}

/** Encoder of a release's second space; null without one. */
export function secondEncoderOf(release: Pick<StoredRelease, 'manifest'> | null): SecondEncoder | null {
  return release === null ? null : (secondSpaceOf(release.manifest)?.space.encoder.type ?? null)
}

/** One object's bytes, checked against its name. @throws RecError `hash-mismatch`, `input-missing` */
export async function readObject(dir: string, hash: string): Promise<Uint8Array> {
  const bytes = await readFile(objectPath(dir, hash)).catch((cause: unknown) => {
    throw new RecError('input-missing', 'an object of the release is missing; build again', {}, { cause })
  })
  if (sha256Hex(bytes) !== hash)
    throw new RecError('hash-mismatch', 'an object of the release is damaged; build again', { sizeBytes: bytes.length })
  return bytes
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RecError('input-missing', `${path} was not found; run \`pocketshelf build\` first`, {}, { cause })
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RecError('input-malformed', `${path} is not valid JSON`, {}, { cause })
  }
}

function parseReleaseFile(value: unknown): ReleaseFile {
  const raw = value as Partial<ReleaseFile> | null // each field is checked on the next lines
  const objects = raw?.objects
  const isWhole =
    raw?.v === 1 &&
    typeof raw.site === 'string' &&
    typeof raw.release === 'string' &&
    isHash(raw.manifest) &&
    Array.isArray(objects) &&
    objects.every(isHash) &&
    Number.isInteger(raw.publication) &&
    typeof raw.pointers === 'object'
  if (!isWhole) throw new RecError('input-malformed', 'release.json is not valid; build again')
  return raw as ReleaseFile // checked above
}
