import { RecError } from '#contract/errors'
import type { ReproduceRequest, StepIo, StepResult } from '../commands/requests.ts'
import { hashInputs } from '../registry/data-hash.ts'
import { findRun, type Run } from '../registry/runs.ts'
import type { LastRelease } from '../release/assemble.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { readInputs } from './read-inputs.ts'
import { reportTo } from './step-report.ts'
import { trainRelease } from './train-release.ts'

/**
 * Body of `pocketshelf runs reproduce`: builds again from what the register remembers and compares the manifest's hash, which covers every byte of
 * the release. Writes nothing.
 * @throws RecError `input-malformed` when the input files have changed or the run learnt from events; `hash-mismatch` when the bytes differ.
 */
export async function reproduceRun({ outDir, id }: ReproduceRequest, io: StepIo): Promise<StepResult> {
  const run = await findRun(outDir, id)
  if (run.learntFrom !== 'files')
    throw new RecError('input-malformed', `run ${run.id} learnt from ${run.learntFrom}, and only files are kept`)
  const dataHash = await hashInputs(run.inputs, run.config)
  if (dataHash !== run.dataHash)
    throw new RecError('input-malformed', `the input files of run ${run.id} are no longer what they were`)
  const last = await namesBefore(outDir, run)
  const { dataset } = await readInputs(run.inputs, run.config, null, io)
  const pool = await createKernelPool()
  try {
    const secondBefore = run.before.second ?? null
    const training = { config: run.config, last, secondBefore, pool, report: reportTo(io) }
    const { release } = await trainRelease(dataset, training)
    const { hash } = release.objects.addJson(release.manifest)
    if (hash !== run.manifest)
      throw new RecError(
        'hash-mismatch',
        `run ${run.id} gave manifest ${run.manifest.slice(0, 12)}, now ${hash.slice(0, 12)}`,
      )
    return {
      summary: { run: run.id, manifest: hash, objects: release.objects.size, isSame: true },
      lines: [`run ${run.id}: the same ${release.objects.size} objects, manifest ${hash.slice(0, 12)}`],
    }
  } finally {
    await pool.close()
  }
}

/** Item numbers and dictionaries as they were before a run: names are only ever added, so that they are the first of today's. */
async function namesBefore(outDir: string, { before }: Run): Promise<LastRelease | null> {
  if (before.items === 0) return null
  const { registry, dictionaries } = await readReleaseDir(outDir)
  return {
    registry: { v: 1, ids: registry.ids.slice(0, before.items) },
    dictionaries: {
      v: 1,
      categories: dictionaries.categories.slice(0, before.categories),
      tags: dictionaries.tags.slice(0, before.tags),
    },
  }
}
