import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { FEATURE_LAYOUT } from '#contract/features'
import type { SignedPointer, StepName } from '#contract/pointer'
import type { BuildRequest, StepIo, StepResult } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { writeLearningState } from '../feedback/learning-state.ts'
import { countEvidence, type EvidenceState, settingsKey, writeEvidence } from '../incremental/evidence.ts'
import type { IngestReport } from '../ingest/report.ts'
import { type Checkpoints, openCheckpoints } from '../pipeline/checkpoints.ts'
import type { Effort } from '../pipeline/effort.ts'
import { timed } from '../pipeline/progress.ts'
import { hashInputs } from '../registry/data-hash.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import {
  readLastRelease,
  replaceFile,
  type StoredRelease,
  secondEncoderOf,
  writeReleaseDir,
} from '../release/release-dir.ts'
import { buildReport } from '../report/build-report.ts'
import { reportExtras } from '../report/report-data.ts'
import { requirePass, type Verdict } from '../retrain/gate.ts'
import { judgeAgainstFolder } from '../retrain/last-release.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { takenStages } from '../tune/tuning.ts'
import { type BuildOutcome, buildLines, buildSummary } from './build-summary.ts'
import { incrementRelease } from './increment-release.ts'
import { noteRun } from './note-run.ts'
import { type InputFiles, inputFiles, type Keys, readInputs } from './read-inputs.ts'
import { signNext } from './sign-next.ts'
import { reportTo } from './step-report.ts'
import { type Trained, trainRelease } from './train-release.ts'

/** Body of `pocketshelf build`: reads, judges on held-out rows, trains on everything, writes and signs. */
export async function buildRelease(request: BuildRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const keys = request.keysDir === undefined ? null : await loadKeys(request.keysDir)
  const files = inputFiles(request)
  const dataHash = await hashInputs(files, config)
  const { dataset, report } = await readInputs(files, config, keys, io)
  for (const warning of report.warnings) io.warn(warning)
  if (request.incremental === true) {
    const found = await incrementRelease(dataset, { ...request, config, keys, inputs: { files, dataHash } }, io)
    if ('summary' in found) return found
    io.warn(`full build: ${found.fullBecause}`)
  }
  const last = await readLastRelease(request.outDir)
  const checkpoints = await openCheckpoints(request.outDir, buildKey(config, dataHash, last))
  const parts = { request, config, keys, ingest: report, inputs: { files, dataHash }, checkpoints }
  const accept = async (_release: AssembledRelease, verdict: Verdict | null) => {
    if (request.gate === true && verdict !== null) requirePass(verdict)
    return true
  }
  return buildFromDataset(dataset, { ...parts, accept }, io)
}

/** Names everything that the bytes of a build follow from. */
function buildKey(config: Config, dataHash: string, last: StoredRelease | null): string {
  const from = [config, dataHash, FEATURE_LAYOUT, process.version, last?.file.manifest ?? null]
  return createHash('sha256').update(JSON.stringify(from)).digest('hex').slice(0, 16)
}

export type BuildParts = {
  readonly request: Pick<BuildRequest, 'outDir'>
  readonly config: Config
  readonly keys: Keys | null
  readonly ingest: IngestReport
  readonly inputs: { readonly files: InputFiles; readonly dataHash: string }
  /** Takes up a build that was interrupted. */
  readonly checkpoints?: Checkpoints
  /** Adds rows that models learn from and that nothing is judged by; the first users and all items stay as they are. */
  readonly augment?: (dataset: Dataset) => Dataset
  /** Called before anything is written: false leaves the folder as it is, an error ends the build. The verdict is over the folder's last release. */
  readonly accept?: (release: AssembledRelease, verdict: Verdict | null) => Promise<boolean>
}

/** Trains and writes a release from a dataset that was read before. */
export async function buildFromDataset(dataset: Dataset, parts: BuildParts, io: StepIo): Promise<StepResult> {
  const { request, config, augment, checkpoints } = parts
  const last = await readLastRelease(request.outDir)
  const pool = await createKernelPool()
  try {
    const shown = reportTo(io)
    const report = timed(checkpoints === undefined ? shown : { ...shown, keep: checkpoints.keep })
    const trained = await trainRelease(dataset, {
      config,
      last,
      secondBefore: secondEncoderOf(last),
      augment,
      pool,
      report,
    })
    const { judged, release } = trained
    const verdict =
      last === null
        ? null
        : await judgeAgainstFolder(release, dataset, { last, dir: request.outDir, gate: config.gate })
    if (verdict !== null) warnOfSamples(verdict, judged.pipeline.effort, { config, io })
    const publication = (last?.file.publication ?? 0) + 1
    const isWanted = (await parts.accept?.(release, verdict)) ?? true
    if (isWanted && release.learning !== null) await writeLearningState(request.outDir, release.learning)
    const pointers = isWanted ? await keep(release, publication, { ...parts, last }) : {}
    const isSigned = Object.keys(pointers).length > 0
    const common = { judged, release, ingest: parts.ingest, publication, isSigned, outDir: request.outDir }
    const outcome: BuildOutcome = { ...common, steps: report.steps, verdict }
    const extras = reportExtras(outcome, { items: dataset.items, config })
    const summary = { ...buildSummary(outcome), ...extras }
    if (isWanted) {
      if (augment === undefined) await writeEvidence(request.outDir, evidenceOf(dataset, trained, config))
      await writeReport(request.outDir, summary, buildReport(outcome, extras, summary))
      await remember(trained, outcome, { ...parts, last })
    }
    return { summary, lines: buildLines(outcome) }
  } finally {
    await pool.close()
  }
}

/** A log that outgrows thorough builds loses quality at once, which its owner may not expect. */
function warnOfSamples(
  { quality }: Verdict,
  effort: Effort['name'],
  { config, io }: Pick<BuildParts, 'config'> & { readonly io: StepIo },
): void {
  const isWorse = quality !== null && quality < 1 - config.gate.maxQualityLoss
  if (isWorse && effort === 'quick' && config.training.effort === 'auto')
    io.warn(
      'the release is worse than the last one, and this log has so many users that the build looked at samples: [training] effort = "thorough" looks at all of it',
    )
}

/** What the next incremental build compares its log with. */
function evidenceOf({ interactions: log }: Dataset, { judged, release }: Trained, config: Config): EvidenceState {
  const { manifest, itemNos, models: fitted } = release
  const { models } = judged.pipeline
  const newestAt = log.order === 'time' ? manifest.newestAt : Number.NaN
  return {
    v: 1,
    base: manifest.release,
    settings: settingsKey(config),
    models,
    contentRidge: fitted.contentRidge,
    builtAt: newestAt,
    solvedAt: newestAt,
    items: countEvidence(log, { itemNos, itemNoEnd: manifest.itemNoEnd, minSupport: models.minSupport }),
  }
}

/** Notes the run in the register; what was kept for an interruption is no longer needed. */
async function remember(
  { judged, release }: Trained,
  { publication, steps, verdict }: BuildOutcome,
  parts: BuildParts & { readonly last: StoredRelease | null },
): Promise<void> {
  const { manifest, objects } = release
  await noteRun(parts.request.outDir, {
    ...parts,
    publication,
    release: manifest.release,
    manifest: objects.addJson(manifest).hash,
    learntFrom: parts.augment === undefined ? 'files' : 'files and events',
    tuned: judged.pipeline.tuning === null ? null : takenStages(judged.pipeline.tuning),
    metrics: manifest.gate,
    sizeBytes: Array.from(objects.entries()).reduce((sum, [, bytes]) => sum + bytes.length, 0),
    steps,
    refusals: verdict?.reasons ?? [],
  })
  await parts.checkpoints?.clear()
}

/** Writes a release, signed where there is a key; what was there before stays whole until the last rename. */
async function keep(
  release: AssembledRelease,
  publication: number,
  parts: BuildParts & { readonly last: StoredRelease | null },
): Promise<Partial<Record<StepName, SignedPointer>>> {
  const { objects, registry, manifest } = release
  const { hash } = objects.addJson(manifest)
  const pointers = await signNext({ ...parts, manifest: hash, publication })
  await writeReleaseDir(parts.request.outDir, objects, registry, {
    v: 1,
    site: parts.config.site.name,
    release: manifest.release,
    manifest: hash,
    objects: Array.from(objects.entries(), ([name]) => name),
    publication,
    pointers,
  })
  return pointers
}

/** Numbers and page, side by side. */
async function writeReport(dir: string, summary: Readonly<Record<string, unknown>>, page: string): Promise<void> {
  await replaceFile(join(dir, 'report.json'), `${JSON.stringify(summary, null, 2)}\n`)
  await replaceFile(join(dir, 'report.html'), page)
}
