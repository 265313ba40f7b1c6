import { RecError } from '#contract/errors'
import type { RetrainRequest, StepIo, StepResult } from '../commands/requests.ts'
import { loadKeys, type ProjectKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import type { EdgeClient } from '../publish/edge-client.ts'
import { type Published, publishTo } from '../publish/publish.ts'
import { withEdge } from '../publish/with-edge.ts'
import { hashInputs } from '../registry/data-hash.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import { readLastRelease, readReleaseDir } from '../release/release-dir.ts'
import { addPairs } from '../retrain/add-pairs.ts'
import { countNoisedPairs, type NoisedPairs, PAIR_PRIVACY } from '../retrain/co-occurrence.ts'
import { firstListBytes } from '../retrain/first-list-bytes.ts'
import { type GateInput, judge, requirePass, type Verdict } from '../retrain/gate.ts'
import { readLive, requireRegistry } from '../retrain/live-release.ts'
import { readRetrainState, writeRetrainState } from '../retrain/retrain-state.ts'
import { pullVisitorDays, type VisitorDays } from '../retrain/visitor-days.ts'
import { buildFromDataset } from './build-release.ts'
import { inputFiles, readInputs } from './read-inputs.ts'

/** Pair users beside a small log; a larger log takes as many as it has rows. */
const MIN_PAIR_USERS = 100_000

/** What one retraining has at hand. */
type Job = {
  readonly request: RetrainRequest
  readonly config: Config
  readonly keys: ProjectKeys | null
  readonly client: EdgeClient
  readonly io: StepIo
}

/**
 * Body of `pocketshelf retrain`: the original inputs and the first-party events of the edge, under section 12 of the privacy specification,
 * become a release by the same pipeline as `build`; it is published when the gate finds it no worse than the live one.
 */
export async function retrainSite(request: RetrainRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const keys = request.keysDir === undefined ? null : await loadKeys(request.keysDir)
  if (keys === null && !request.dryRun)
    throw new RecError('keys-missing', 'a new release must be signed; give --keys, or --dry-run to publish nothing')
  const use = { site: config.site.name, publicKey: keys?.signing.publicKey ?? null, signal: io.signal }
  return withEdge(request, use, (client) => retrain({ request, config, keys, client, io }))
}

async function retrain(job: Job): Promise<StepResult> {
  const { request, config, keys, client, io } = job
  const site = config.site.name
  const live = await readLive(client, request.channel)
  if (live !== null) await requireRegistry(request.outDir, site)
  const files = inputFiles(request)
  const inputs = { files, dataHash: await hashInputs(files, config) }
  const { dataset, report: ingest } = await readInputs(files, config, keys, io)
  const visits = await pull(job, dataset)
  const pairs = pairsOf(visits, dataset, keys)
  if (pairs.count.length === 0 && visits.events > 0)
    io.warn(`no pair of items was seen by ${PAIR_PRIVACY.minPseudonyms} visitors yet; the events change nothing`)
  const lastManifest = (await readLastRelease(request.outDir))?.file.manifest
  let verdict: Verdict | null = null
  const built = await buildFromDataset(
    dataset,
    {
      request,
      config,
      keys,
      ingest,
      inputs,
      augment: (base) => addPairs(base, pairs, addOptions(visits, base)),
      accept: async (release, folder) => {
        const isLive = live !== null && live.manifest === lastManifest
        const latency = isLive && folder?.latency != null ? { latency: folder.latency } : {}
        verdict = judge({ ...(await gateInput(release)), ...latency }, live, config.gate)
        requirePass(verdict)
        return !request.dryRun
      },
    },
    io,
  )
  const published = request.dryRun || keys === null ? null : await publish(job, keys)
  if (published !== null) await writeRetrainState(request.outDir, { v: 1, site, cursor: visits.cursor })
  return resultOf(built, { visits, pairs, verdict, published })
}

async function pull({ request, config, client, io }: Job, dataset: Dataset): Promise<VisitorDays> {
  const { cursor } = await readRetrainState(request.outDir, config.site.name)
  const done = io.stage('pull events')
  const visits = await pullVisitorDays(client, {
    itemIndex: new Map(dataset.items.map(({ id }, index) => [id, index])),
    weightOf: (type) => config.events.weights[type] ?? 0,
    since: cursor,
    onPage: (events) => done(1 - 1 / (1 + events / 10_000)),
  })
  done(1)
  return visits
}

function pairsOf({ days }: VisitorDays, dataset: Dataset, keys: ProjectKeys | null): NoisedPairs {
  const key = keys?.userHashKey ?? crypto.getRandomValues(new Uint8Array(32))
  return countNoisedPairs(days, dataset.items.length, { ...PAIR_PRIVACY, key })
}

function addOptions({ newestDay }: VisitorDays, { interactions }: Dataset) {
  return { at: newestDay, maxUsers: Math.max(MIN_PAIR_USERS, interactions.item.length) }
}

async function gateInput({ manifest, objects }: AssembledRelease): Promise<GateInput> {
  const ref = objects.addJson(manifest)
  const read = async (hash: string): Promise<Uint8Array> => {
    const bytes = objects.get(hash)
    if (bytes === undefined) throw new RecError('internal', 'the new release lacks an object of its own')
    return bytes
  }
  return { metrics: manifest.gate, firstListBytes: await firstListBytes({ hash: ref.hash, content: manifest }, read) }
}

async function publish({ request, client, io }: Job, keys: ProjectKeys): Promise<Published> {
  const { file } = await readReleaseDir(request.outDir)
  return publishTo(client, {
    releaseDir: request.outDir,
    file,
    channel: request.channel,
    key: keys.signing,
    activate: 'full',
    nowMs: Date.now,
    onProgress: io.stage('publish'),
  })
}

type Outcome = {
  readonly visits: VisitorDays
  readonly pairs: NoisedPairs
  readonly verdict: Verdict | null
  readonly published: Published | null
}

function resultOf(built: StepResult, { visits, pairs, verdict, published }: Outcome): StepResult {
  const { days, events, newEvents, unknownItems } = visits
  const read = { events, newEvents, unknownItems, pseudonyms: days.length }
  const used = { pairsSeen: pairs.pairsSeen, pairsUsed: pairs.count.length }
  return {
    summary: { ...built.summary, feedback: { ...read, ...used }, gate: verdict, published },
    lines: [
      ...built.lines,
      `events: ${events} read, ${newEvents} of them new, of ${days.length} visitor days`,
      `pairs of items: ${used.pairsSeen} seen, ${used.pairsUsed} backed by ${PAIR_PRIVACY.minPseudonyms} visitors or more`,
      gateLine(verdict),
      published === null
        ? 'dry run: nothing was written or published'
        : `publication ${published.publication}, step ${published.live}: sent ${published.uploaded} of ${published.objects} objects`,
    ],
  }
}

function gateLine(verdict: Verdict | null): string {
  const share = (value: number | null | undefined) => (value == null ? 'not measured' : `${value.toFixed(3)} x`)
  return `against the live release: quality ${share(verdict?.quality)}, bytes of the first list ${share(verdict?.bytes)}`
}
