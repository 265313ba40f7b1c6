import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { writeLearningState } from '../feedback/learning-state.ts'
import { fitPipeline } from '../pipeline/fit-pipeline.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import type { Report } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import { readReleaseDir, replaceFile, type StoredRelease, writeReleaseDir } from '../release/release-dir.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import type { JudgedRelease } from './judge-release.ts'
import { logOf } from './world.ts'

/** Trains a release on the logs of some users, unless the folder holds one from the same inputs. */
export async function trainOn(
  dataset: Dataset,
  users: Int32Array,
  { dir, config, report }: { readonly dir: string; readonly config: Config; readonly report: Report },
): Promise<void> {
  const settled = config.feedback.enabled ? config : { ...config, feedback: null }
  const inputs = createHash('sha256').update(JSON.stringify(settled)).update(users).digest('hex')
  const stamp = join(dir, 'trained-on')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return
  const settings = resolveSettings(config)
  const pool = await createKernelPool()
  try {
    const data = logOf(dataset, users)
    const pipeline = await fitPipeline(data, settings, pool, report)
    const made = await makeRelease(data, { pipeline, settings, last: null, gate: {}, pool, report })
    const { hash } = made.objects.addJson(made.manifest)
    const { site, release } = made.manifest
    const objects = Array.from(made.objects.entries(), ([name]) => name)
    await writeReleaseDir(dir, made.objects, made.registry, {
      v: 1,
      site,
      release,
      manifest: hash,
      objects,
      publication: 0,
      pointers: {},
    })
    if (made.learning !== null) await writeLearningState(dir, made.learning)
    await replaceFile(stamp, inputs)
  } finally {
    await pool.close()
  }
}

/** A release of a folder as a device sees it. */
export async function openRelease(
  dir: string,
  dataset: Dataset,
): Promise<JudgedRelease & { readonly stored: StoredRelease }> {
  const stored = await readReleaseDir(dir)
  const number = new Map(stored.registry.ids.map((id, itemNo) => [id, itemNo]))
  const itemNos = Uint32Array.from(dataset.items, ({ id }) => number.get(id) ?? 0)
  const read = (hash: string) => {
    const path = join(dir, 'objects', hash)
    return existsSync(path) ? readFileSync(path) : undefined
  }
  return { stored, manifest: stored.manifest, read, itemNos }
}
