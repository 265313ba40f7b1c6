import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { PRESETS, type PresetName } from '#contract/feedback/presets'
import type { StepIo } from '../commands/requests.ts'
import { createKeys, loadKeys } from '../config/key-files.ts'
import type { PartialConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel } from '../device/resident-model.ts'
import type { Report } from '../pipeline/progress.ts'
import { openEdgeHome } from '../publish/edge-home.ts'
import { startEdge } from '../publish/edge-process.ts'
import { partOf, planHashOf } from '../retrain/learn-release.ts'
import { publishRelease } from '../steps/publish-release.ts'
import { retrainAggregates } from '../steps/retrain-aggregates.ts'
import { openRelease, trainOn } from './first-releases.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { judgeRelease, writeTruth } from './judge-release.ts'
import { createPost } from './post-reports.ts'
import { playVisits, type VisitNotes } from './visits.ts'
import type { World } from './world.ts'

/** One point of the curve. */
export type CurvePoint = {
  readonly devices: number
  readonly epsilon: number
  /** 1 for the release after the first week of reports. */
  readonly epoch: number
  /** Reports posted since the start. */
  readonly reports: number
  readonly ndcg20: number
  /** Of the release that never learns, and of one trained on the raw logs of everybody who is not held out. */
  readonly ndcg20None: number
  readonly ndcg20Raw: number
  /** (ndcg20 - ndcg20None) / (ndcg20Raw - ndcg20None) */
  readonly gapClosed: number
}

export type SimulationOptions = {
  readonly world: World
  readonly config: Config
  /** What the command line changes of the defaults. */
  readonly request: { readonly configFile: string | undefined; readonly overrides: PartialConfig }
  /** Where releases and the edge live. */
  readonly dir: string
  readonly devices: number
  readonly preset: PresetName
  readonly epochs: number
  readonly rankings: string | null
  readonly report: Report
  readonly io: StepIo
}

/** Other visits of the same users, so that replicas do not all say the same. */
const VISITS_PER_EPOCH = 2

const EDGE = { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.0/8'] } as const

/**
 * Plays the private loop with real users: the client's feedback, the edge over HTTP, `retrain --from aggregates`. What passes the gates goes to everybody, since a
 * canary needs more answers than a small run has.
 */
export async function runSimulation(options: SimulationOptions): Promise<CurvePoint[]> {
  const { world, dir, preset, devices } = options
  const bounds = await judgeBounds(options)
  const name = `${devices}-${preset}`
  const run = {
    ...options,
    name,
    releaseDir: join(dir, `run-${name}`, 'release'),
    edgeDir: join(dir, `run-${name}`, 'edge'),
  }
  await rm(join(dir, `run-${name}`), { recursive: true, force: true })
  await mkdir(run.releaseDir, { recursive: true })
  await cp(join(dir, 'none'), run.releaseDir, { recursive: true })
  await publish(run)
  let post: ReturnType<typeof createPost>['post'] | null = null
  const fleet = createFleet({
    devices,
    ceiling: preset,
    startMs: Date.now(),
    seed: options.config.seed,
    post: (device, bytes) => post?.(device, bytes) ?? Promise.reject(new RecError('internal', 'no edge is running')),
  })
  const curve: CurvePoint[] = []
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const home = await openEdgeHome(run.edgeDir)
    const edge = await startEdge(home, EDGE)
    const wire = createPost(edge.url, options.config.site.name)
    post = wire.post
    await liveOneEpoch(run, fleet, epoch)
    wire.close()
    await edge.stop() // writes what it has
    await retrainAggregates({ ...requestOf(run), dryRun: false, activate: 'full' }, options.io)
    const place = options.rankings === null ? null : { dir: options.rankings, name: `${name}-epoch-${epoch}` }
    const ndcg20 = await judgeRelease(world, await openRelease(run.releaseDir, world.dataset), place)
    const { ndcg20None, ndcg20Raw } = bounds
    const gapClosed = (ndcg20 - ndcg20None) / (ndcg20Raw - ndcg20None)
    const { epsilon } = PRESETS[preset]
    curve.push({ devices, epsilon, epoch, reports: fleet.posted, ndcg20, ...bounds, gapClosed })
    options.report.note(
      `${name} epoch ${epoch}: ${fleet.posted} reports, NDCG@20 ${ndcg20.toFixed(4)}, ${(100 * gapClosed).toFixed(0)} % of the gap`,
    )
  }
  return curve
}

type Run = SimulationOptions & { readonly name: string; readonly releaseDir: string; readonly edgeDir: string }

/** Trains the first release and the one on raw logs, once per folder, and judges both. */
async function judgeBounds({ world, dir, config, report, rankings }: SimulationOptions) {
  const { dataset, seedUsers, deviceUsers } = world
  const everybody = Int32Array.from([...seedUsers, ...deviceUsers]).sort()
  const value: Record<string, number> = {}
  for (const [name, users] of [
    ['none', seedUsers],
    ['raw', everybody],
  ] as const) {
    const place = name === 'raw' ? join(dir, '..', name) : join(dir, name) // what raw logs give does not depend on the budget
    await mkdir(place, { recursive: true })
    const feedback = { ...config.feedback, enabled: name === 'none' }
    await report.step(`train ${name}`, () =>
      trainOn(dataset, users, { dir: place, config: { ...config, feedback }, report }),
    )
    const lists = rankings === null ? null : { dir: rankings, name }
    value[name] = await judgeRelease(world, await openRelease(place, dataset), lists)
  }
  if (rankings !== null) await writeTruth(world, rankings)
  return { ndcg20None: value.none, ndcg20Raw: value.raw }
}

async function liveOneEpoch({ world, releaseDir, ...run }: Run, fleet: Fleet, epoch: number): Promise<void> {
  const { manifest, read, itemNos } = await openRelease(releaseDir, world.dataset)
  const model = loadModel(manifest, read)
  const ranker = await openRanker(model, read)
  if (ranker === null) throw new RecError('input-malformed', 'the first release has no ranker; give more data')
  const part = partOf(manifest)
  const common = {
    world,
    itemNos,
    model,
    ranker,
    part,
    heldShare: run.config.split.testShare,
  }
  const visits: (readonly VisitNotes[])[] = []
  for (let k = 0; k < VISITS_PER_EPOCH; k++)
    visits.push(await playVisits({ ...common, seed: 1 + epoch * VISITS_PER_EPOCH + k }))
  await ranker.close?.()
  await run.report.step(`${run.name}, week ${epoch}`, () =>
    fleet.live({ plan: part.plan, hash: planHashOf(part), arm: 'main' }, visits),
  )
}

function requestOf({ request, releaseDir, edgeDir, dir }: Run) {
  return {
    ...request,
    edge: undefined,
    tokenEnv: 'POCKETSHELF_TOKEN',
    dir: edgeDir,
    channel: 'main',
    outDir: releaseDir,
    keysDir: join(dir, 'keys'),
  }
}

async function publish(run: Run): Promise<void> {
  const keysDir = join(run.dir, 'keys')
  await loadKeys(keysDir).catch(() => createKeys(keysDir))
  const request = { ...requestOf(run), releaseDir: run.releaseDir, canary: undefined }
  await publishRelease(request, run.io)
}
