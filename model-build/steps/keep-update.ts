import type { Manifest, Space } from '#contract/manifest'
import { cellRefs, type ObjectRef, type ShardTable } from '#contract/shard-table'
import type { UpdatedRelease } from '../incremental/update-cells.ts'
import { readObject, type StoredRelease, writeReleaseDir } from '../release/release-dir.ts'
import { refsOfRanker } from '../release/release-manifest.ts'
import { type NextSigning, signNext } from './sign-next.ts'

/** What an update added to its folder; bytes before compression. */
export type KeptUpdate = {
  readonly publication: number
  /** Hash of the manifest. */
  readonly manifest: string
  readonly signed: boolean
  readonly sizeBytes: number
  readonly changedObjects: number
  readonly changedBytes: number
}

/** Writes the next release of a folder, signed where there is a key; objects that it shares with the last one are there already. */
export async function keepUpdate(
  dir: string,
  { manifest, registry, table, objects }: UpdatedRelease,
  { last, ...signing }: Pick<NextSigning, 'config' | 'keys'> & { readonly last: StoredRelease },
): Promise<KeptUpdate> {
  const { hash } = objects.addJson(manifest)
  const publication = last.file.publication + 1
  const pointers = await signNext({ ...signing, last, manifest: hash, publication })
  const names = objectNames(manifest, table, hash)
  const known = new Set(last.file.objects)
  const added = names.filter((name) => !known.has(name))
  for (const name of names) if (objects.get(name) === undefined) objects.add(await readObject(dir, name))
  const file = { ...last.file, release: manifest.release, manifest: hash, objects: names, publication, pointers }
  await writeReleaseDir(dir, objects, registry, file)
  const bytesOf = (hashes: readonly string[]) => hashes.reduce((sum, name) => sum + (objects.get(name)?.length ?? 0), 0)
  return {
    publication,
    manifest: hash,
    sizeBytes: bytesOf(names),
    signed: Object.keys(pointers).length > 0,
    changedObjects: added.length,
    changedBytes: bytesOf(added),
  }
}

function refsOfSpace(space: Space): ObjectRef[] {
  if ('gramian' in space) return [space.gramian]
  return space.encoder.type === 'onnx' ? [space.encoder.model] : []
}

/** Names of everything that a release consists of, without repeats. */
function objectNames(manifest: Manifest, table: ShardTable, manifestHash: string): string[] {
  const refs = [
    manifest.shardTable,
    manifest.dictionaries,
    ...manifest.spaces.flatMap(refsOfSpace),
    ...manifest.directory.map(({ ref }) => ref),
    ...manifest.rankers.flatMap(refsOfRanker),
    ...(manifest.featureQuantiles === null ? [] : [manifest.featureQuantiles]),
    ...table.graphs,
    ...table.cells.flatMap(({ objects }) => cellRefs(objects)),
  ]
  return [...new Set([manifestHash, ...refs.filter(({ sizeBytes }) => sizeBytes > 0).map(({ hash }) => hash)])]
}
