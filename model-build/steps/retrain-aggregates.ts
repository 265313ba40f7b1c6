import { RecError } from '#contract/errors'
import { CANARY_SHARES, type StepName } from '#contract/pointer'
import type { RetrainRequest, StepIo, StepResult } from '../commands/requests.ts'
import { loadKeys, type ProjectKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readLearningState, writeLearningState } from '../feedback/learning-state.ts'
import type { EdgeClient } from '../publish/edge-client.ts'
import { type Published, publishTo } from '../publish/publish.ts'
import { withEdge } from '../publish/with-edge.ts'
import { ObjectSet } from '../release/object-set.ts'
import { type ReleaseFile, readReleaseDir, type StoredRelease, writeReleaseDir } from '../release/release-dir.ts'
import { type Learnt, learnRelease } from '../retrain/learn-release.ts'

export type LearnRequest = Omit<RetrainRequest, 'interactions' | 'items' | 'dataDir'> & {
  /** Step that the new release starts with; undefined for the configured canary. */
  readonly activate?: StepName
  /** Of a simulation, whose devices live in another week than the edge: the week that their reports belong to, and `isDefended` of `LearningParts`. */
  readonly simulated?: { readonly epoch: number; readonly isDefended: boolean }
}

/**
 * Body of `pocketshelf retrain --from aggregates`: the sums of private reports about the live release become the next one, section 10 of the privacy
 * specification. Under the gates nothing is written: the folder keeps its release byte for byte.
 */
export async function retrainAggregates(request: LearnRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const keys = request.keysDir === undefined ? null : await loadKeys(request.keysDir)
  if (keys === null && !request.dryRun)
    throw new RecError('keys-missing', 'a new release must be signed; give --keys, or --dry-run to publish nothing')
  const stored = await readReleaseDir(request.outDir)
  const state = await readLearningState(request.outDir)
  const use = { site: stored.file.site, publicKey: keys?.signing.publicKey ?? null, signal: io.signal }
  return withEdge(request, use, async (client) => {
    await requireSettled(client, request.channel, stored)
    const done = io.stage('read sums')
    const { simulated } = request
    const taken = await client.sums()
    const sums = simulated === undefined ? taken : taken.map((sum) => ({ ...sum, epoch: simulated.epoch }))
    done(1)
    const { feedback } = config
    const how = { feedback, nowMs: Date.now(), isDefended: simulated?.isDefended }
    const learnt = learnRelease({ manifest: stored.manifest, state, sums, ...how })
    if (learnt.release === null || request.dryRun || keys === null) return resultOf(stored, learnt, null)
    const file = await writeNext(request.outDir, stored, learnt.release)
    const step = request.activate ?? canaryStep(feedback.canaryShare)
    const published = await publishNext(client, { request, file, keys, step, io })
    return resultOf(stored, learnt, published)
  })
}

/** Reports are about the live release: a canary must be judged first, and the folder must hold what devices have. */
async function requireSettled(client: EdgeClient, channel: string, { file }: StoredRelease): Promise<void> {
  const live = await client.livePointer(channel)
  if (live?.canary != null)
    throw new RecError(
      'conflict',
      'a canary is on its way; run `pocketshelf judge` until it is promoted or rolled back',
    )
  if (live?.manifest !== file.manifest)
    throw new RecError('conflict', '--out does not hold the live release; name the folder that was published last')
}

function canaryStep(share: number): StepName {
  const found = (Object.entries(CANARY_SHARES) as [StepName, number][]).find(([, value]) => value === share) // the table's keys
  return found?.[0] ?? 'canary10'
}

async function writeNext(
  dir: string,
  { file, registry }: StoredRelease,
  { manifest, state }: NonNullable<Learnt['release']>,
): Promise<ReleaseFile> {
  const objects = new ObjectSet()
  const { hash } = objects.addJson(manifest)
  const kept = file.objects.filter((object) => object !== file.manifest)
  const next: ReleaseFile = {
    ...file,
    release: manifest.release,
    manifest: hash,
    objects: [...kept, hash],
    publication: file.publication + 1,
    pointers: {},
  }
  await writeLearningState(dir, state)
  await writeReleaseDir(dir, objects, registry, next)
  return next
}

type Publishing = {
  readonly request: LearnRequest
  readonly file: ReleaseFile
  readonly keys: ProjectKeys
  readonly step: StepName
  readonly io: StepIo
}

function publishNext(client: EdgeClient, { request, file, keys, step, io }: Publishing): Promise<Published> {
  return publishTo(client, {
    releaseDir: request.outDir,
    file,
    channel: request.channel,
    key: keys.signing,
    activate: step,
    nowMs: Date.now,
    onProgress: io.stage('publish'),
  })
}

function resultOf(stored: StoredRelease, { release, applied }: Learnt, published: Published | null): StepResult {
  const name = release?.manifest.release ?? stored.file.release
  const lines = applied.noise.map(
    ({ question, reports, epsilon, standardError, refusal }) =>
      `${question}: ${reports} reports of epsilon ${epsilon}, s.e. ${standardError.toPrecision(2)}${refusal === null ? '' : `, changes nothing: ${refusal}`}`,
  )
  const outcome =
    release === null
      ? 'no question passed its gate: the release stays as it is, byte for byte'
      : published === null
        ? 'dry run: nothing was written or published'
        : `publication ${published.publication}, step ${published.live}: sent ${published.uploaded} of ${published.objects} objects`
  return {
    summary: { from: 'aggregates', release: name, isChanged: release !== null, noise: applied.noise, published },
    lines: [...lines, outcome],
  }
}
