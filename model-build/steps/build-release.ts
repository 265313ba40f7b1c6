import { join } from 'node:path'
import type { SignedPointer, StepName } from '#contract/pointer'
import type { BuildRequest, StepIo, StepResult } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { evaluateSplit, type SplitResult } from '../evaluate/evaluate-split.ts'
import { findDataFiles } from '../ingest/find-files.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import type { IngestReport } from '../ingest/report.ts'
import { createUserHash } from '../ingest/user-hash.ts'
import { effortFor, warmStart } from '../pipeline/effort.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import { type TimedReport, timed } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import { readLastRelease, replaceFile, type StoredRelease, writeReleaseDir } from '../release/release-dir.ts'
import { buildReport } from '../report/build-report.ts'
import { reportExtras } from '../report/report-data.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { buildLines, buildSummary } from './build-summary.ts'
import { signNext } from './sign-next.ts'
import { reportTo } from './step-report.ts'

type Keys = Awaited<ReturnType<typeof loadKeys>>

/** Body of `pocketshelf build`: reads, judges on held-out rows, trains on everything, writes and signs. */
export async function buildRelease(request: BuildRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const keys = request.keysDir === undefined ? null : await loadKeys(request.keysDir)
  const { dataset, report } = await readInputs(request, config, keys, io)
  for (const warning of report.warnings) io.warn(warning)
  return buildFromDataset(dataset, { request, config, keys, ingest: report }, io)
}

export type BuildParts = {
  readonly request: Pick<BuildRequest, 'outDir'>
  readonly config: Config
  readonly keys: Keys | null
  readonly ingest: IngestReport
  /** Adds rows that models learn from and that nothing is judged by; the first users and all items stay as they are. */
  readonly augment?: (dataset: Dataset) => Dataset
  /** Called before anything is written: false leaves the folder as it is, an error ends the build. */
  readonly accept?: (release: AssembledRelease) => Promise<boolean>
}

/** Trains and writes a release from a dataset that was read before. */
export async function buildFromDataset(dataset: Dataset, parts: BuildParts, io: StepIo): Promise<StepResult> {
  const { request } = parts
  const last = await readLastRelease(request.outDir)
  const pool = await createKernelPool()
  try {
    const { judged, release, steps } = await train(dataset, { ...parts, last, pool }, timed(reportTo(io)))
    const publication = (last?.file.publication ?? 0) + 1
    const isWanted = (await parts.accept?.(release)) ?? true
    const pointers = isWanted ? await keep(release, publication, { ...parts, last }) : {}
    const isSigned = Object.keys(pointers).length > 0
    const outcome = { judged, release, ingest: parts.ingest, publication, isSigned, outDir: request.outDir, steps }
    const extras = reportExtras(outcome, { items: dataset.items, config: parts.config })
    const summary = { ...buildSummary(outcome), ...extras }
    if (isWanted) await writeReport(request.outDir, summary, buildReport(outcome, extras, summary))
    return { summary, lines: buildLines(outcome) }
  } finally {
    await pool.close()
  }
}

type Training = BuildParts & { readonly last: StoredRelease | null; readonly pool: KernelPool }

/** Judges on held-out rows, then fits on everything. */
async function train(dataset: Dataset, { config, augment = same, last, pool }: Training, report: TimedReport) {
  const settings = resolveSettings(config)
  const judged = await evaluateSplit(dataset, { config, settings, pool, report, augment })
  const release = await makeRelease(augment(dataset), {
    pipeline: judged.pipeline,
    settings,
    last,
    gate: gateOf(judged),
    pool,
    report,
    warm: warmStart(judged.models ?? undefined, effortFor(dataset.interactions)) ?? judged.pipeline.warm,
  })
  return { judged, release, steps: report.steps }
}

const same = (dataset: Dataset): Dataset => dataset

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

/** Reads the files that a request names; user ids are hashed where there is a key. */
export async function readInputs(
  request: Pick<BuildRequest, 'interactions' | 'items' | 'dataDir'>,
  config: Config,
  keys: Keys | null,
  io: StepIo,
) {
  const found = request.dataDir === undefined ? { interactions: [], items: [] } : findDataFiles(request.dataDir)
  const stage = io.stage('read inputs')
  return loadDataset({
    interactions: request.interactions.length > 0 ? request.interactions : found.interactions,
    items: request.items.length > 0 ? request.items : found.items,
    config,
    mode: 'clean',
    hashUser: keys === null ? undefined : createUserHash(keys.userHashKey),
    nowMs: Date.now(),
    onProgress: ({ share }) => stage(share),
  })
}

/** The numbers that a release carries of what it was judged by. */
function gateOf({ judgement }: SplitResult): Record<string, number> {
  if (judgement === null) return {}
  const { model, popularity, retrieval, users } = judgement
  return {
    users,
    'ndcg@20': model.metrics['ndcg@20'],
    'recall@20': model.metrics['recall@20'],
    'coverage@20': model.metrics['coverage@20'],
    'popularity.ndcg@20': popularity.metrics['ndcg@20'],
    ...(retrieval === null ? {} : { 'candidates.recall': retrieval.recall }),
  }
}
