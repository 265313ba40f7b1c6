import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import { readObject, type StoredRelease } from '../release/release-dir.ts'
import { firstListBytes } from './first-list-bytes.ts'
import { judge, type Verdict } from './gate.ts'
import { latencyRatio } from './latency.ts'

type Against = { readonly last: StoredRelease; readonly dir: string; readonly gate: Config['gate'] }

/** Judges a new release against the last one of a folder: quality and recall by what each was judged by, bytes and latency side by side. */
export async function judgeAgainstFolder(
  release: AssembledRelease,
  { interactions: log }: Dataset,
  { last, dir, gate }: Against,
): Promise<Verdict> {
  const { manifest, objects, itemNos } = release
  const old = new Map<string, Uint8Array>()
  for (const hash of last.file.objects) old.set(hash, await readObject(dir, hash))
  const next = { hash: objects.addJson(manifest).hash, content: manifest }
  const live = { hash: last.file.manifest, content: last.manifest }
  const read = (from: { get(hash: string): Uint8Array | undefined }) => async (hash: string) =>
    from.get(hash) ?? new Uint8Array()
  const latency = await latencyRatio(
    { manifest, objects: objects.entries() },
    { manifest: last.manifest, objects: old },
    { log, itemNos },
  )
  return judge(
    { metrics: manifest.gate, firstListBytes: await firstListBytes(next, read(objects)), latency },
    { metrics: last.manifest.gate, firstListBytes: await firstListBytes(live, read(old)) },
    gate,
  )
}
