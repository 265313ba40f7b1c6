import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { EPOCH_MS, epochOf } from '#contract/feedback/plan'
import { PRESETS, type PresetName } from '#contract/feedback/presets'
import type { StepIo } from '../commands/requests.ts'
import { createKeys, loadKeys } from '../config/key-files.ts'
import type { PartialConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel, type ReadObject } from '../device/resident-model.ts'
import { readLearningState } from '../feedback/learning-state.ts'
import type { Report } from '../pipeline/progress.ts'
import { openEdgeHome } from '../publish/edge-home.ts'
import { startEdge } from '../publish/edge-process.ts'
import { partOf, planHashOf } from '../retrain/learn-release.ts'
import { publishRelease } from '../steps/publish-release.ts'
import { retrainAggregates } from '../steps/retrain-aggregates.ts'
import { arm, spy } from './attack.ts'
import { openRelease, trainOn } from './first-releases.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { type Judged, judgeRelease, writeTruth } from './judge-release.ts'
import { type Poison, postForged, rehearse } from './poisoners.ts'
import { createPost, type PostFrom } from './post-reports.ts'
import { type PlayParts, playVisits, type VisitNotes } from './visits.ts'
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

/** How one run differs from the honest one. */
export type Variant = {
  /** Distinguishes folders and lists of runs. */
  readonly name: string
  /** Replaces as many of the devices; null for none. */
  readonly poison: Poison | null
  /** Whether the build protects itself, and the edge counts what networks send. */
  readonly isDefended: boolean
}

export const HONEST: Variant = { name: '', poison: null, isDefended: true }

/** What a week of a run led to. */
export type WeekEnd = {
  readonly epoch: number
  /** Reports posted since the start, forged ones included. */
  readonly reports: number
  readonly forged: number
  readonly judged: Judged
}

/** Trains and judges what all runs of a budget are compared with. */
export type Bounds = { readonly none: Judged; readonly raw: Judged }

/** The curve of a run. */
export function curveOf(
  { devices, preset }: SimulationOptions,
  bounds: Bounds,
  weeks: readonly WeekEnd[],
): CurvePoint[] {
  const { epsilon } = PRESETS[preset]
  const ndcg20None = bounds.none.ndcg20
  const ndcg20Raw = bounds.raw.ndcg20
  return weeks.map(({ epoch, reports, judged: { ndcg20 } }) => {
    const gapClosed = (ndcg20 - ndcg20None) / (ndcg20Raw - ndcg20None)
    return { devices, epsilon, epoch, reports, ndcg20, ndcg20None, ndcg20Raw, gapClosed }
  })
}

/**
 * Plays the private loop with real users: the client's feedback, the edge over HTTP, `retrain --from aggregates`. What passes the gates goes to everybody, since a
 * canary needs more answers than a small run has.
 */
export async function runSimulation(options: SimulationOptions, variant: Variant): Promise<WeekEnd[]> {
  const { world, dir, preset, devices } = options
  const name = `${devices}-${preset}${variant.name}`
  const folder = join(dir, `run-${name}`)
  const run: Run = { ...options, variant, name, releaseDir: join(folder, 'release'), edgeDir: join(folder, 'edge') }
  await rm(folder, { recursive: true, force: true })
  await mkdir(run.releaseDir, { recursive: true })
  await cp(join(dir, 'none'), run.releaseDir, { recursive: true })
  await publish(run)
  let post: ReturnType<typeof createPost>['post'] | null = null
  const firstEpoch = epochOf(Date.now())
  const fleet = createFleet({
    devices: devices - (variant.poison?.devices ?? 0),
    ceiling: preset,
    startMs: firstEpoch * EPOCH_MS, // weeks are epochs, in which the cells of `head` keep their order
    seed: options.config.seed,
    post: (device, bytes) => post?.(device, bytes) ?? Promise.reject(new RecError('internal', 'no edge is running')),
  })
  const weeks: WeekEnd[] = []
  let forged = 0
  for (let week = 1; week <= options.epochs; week++) {
    const epoch = firstEpoch + week - 1
    const home = await openEdgeHome(run.edgeDir)
    const edge = await startEdge(home, EDGE)
    const wire = createPost(edge.url, options.config.site.name)
    post = wire.post
    forged += await liveOneWeek(run, fleet, { week, epoch, post: wire.postFrom })
    wire.close()
    await edge.stop() // writes what it has
    const simulated = { epoch, isDefended: variant.isDefended }
    await retrainAggregates({ ...requestOf(run), dryRun: false, activate: 'full', simulated }, options.io)
    const place = options.rankings === null ? null : { dir: options.rankings, name: `${name}-epoch-${week}` }
    const judged = await judgeRelease(world, await openRelease(run.releaseDir, world.dataset), place)
    const reports = fleet.posted + forged
    weeks.push({ epoch: week, reports, forged, judged })
    options.report.note(`${name} epoch ${week}: ${reports} reports, NDCG@20 ${judged.ndcg20.toFixed(4)}`)
  }
  return weeks
}

type Run = SimulationOptions & {
  readonly variant: Variant
  readonly name: string
  readonly releaseDir: string
  readonly edgeDir: string
}

/** Trains the first release and the one on raw logs, once per folder, and judges both. */
export async function judgeBounds({ world, dir, config, report, rankings }: SimulationOptions): Promise<Bounds> {
  const { dataset, seedUsers, deviceUsers } = world
  const everybody = Int32Array.from([...seedUsers, ...deviceUsers]).sort()
  const judged: Record<string, Judged> = {}
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
    judged[name] = await judgeRelease(world, await openRelease(place, dataset), lists)
  }
  if (rankings !== null) await writeTruth(world, rankings)
  return { none: judged.none, raw: judged.raw }
}

type Week = { readonly week: number; readonly epoch: number; readonly post: PostFrom }

/** @returns How many forged reports were sent. */
async function liveOneWeek(run: Run, fleet: Fleet, { week, epoch, post }: Week): Promise<number> {
  const { variant } = run
  return withOpenRelease(run, run.releaseDir, async (common) => {
    const visits: (readonly VisitNotes[])[] = []
    for (let k = 0; k < VISITS_PER_EPOCH; k++)
      visits.push(await playVisits({ ...common, seed: 1 + week * VISITS_PER_EPOCH + k }))
    const live = { plan: common.part.plan, hash: planHashOf(common.part), arm: 'main' } as const
    await run.report.step(`${run.name}, week ${week}`, () => fleet.live(live, visits))
    return variant.poison === null ? 0 : attack(run, variant.poison, common, { week, epoch, post })
  })
}

async function attack(run: Run, poison: Poison, common: OpenParts, { week, epoch, post }: Week): Promise<number> {
  const { world, config, variant, releaseDir } = run
  const { model, part, itemNos, read, heldShare } = common
  const known = {
    model,
    part,
    planHash: planHashOf(part),
    state: await readLearningState(releaseDir),
    epoch,
    visits: await spy({ ...common, seed: week }),
    expected: ((run.devices - poison.devices) * PRESETS[run.preset].per28Days) / 4,
  }
  const release = { manifest: model.manifest, read, itemNos }
  const { isDefended } = variant
  const words = chachaWords(chachaState([config.seed, epoch, 0xbad])) // a stream that a run can repeat
  const arsenal = arm(itemNos[poison.target], known, words)
  const stage = { world, release, known, arsenal, isDefended, feedback: config.feedback, heldShare, seed: config.seed }
  const forged = await rehearse(poison, stage)
  // Without defences nobody counts what a network sends: as if each report came from its own.
  await postForged(forged, known, { post, prefixes: isDefended ? poison.prefixes : forged.length })
  return forged.length
}

/** A release that is open for visits. */
type OpenParts = Omit<PlayParts, 'seed'> & { readonly read: ReadObject }

/** Opens a release for visits of the device users. @throws RecError `input-malformed` when it has no ranker. */
export async function withOpenRelease<T>(
  { world, config }: Pick<SimulationOptions, 'world' | 'config'>,
  dir: string,
  use: (parts: OpenParts) => Promise<T>,
): Promise<T> {
  const { manifest, read, itemNos } = await openRelease(dir, world.dataset)
  const model = loadModel(manifest, read)
  const ranker = await openRanker(model, read)
  if (ranker === null) throw new RecError('input-malformed', 'the first release has no ranker; give more data')
  try {
    const heldShare = config.split.testShare
    return await use({ world, itemNos, model, ranker, read, part: partOf(manifest), heldShare })
  } finally {
    await ranker.close?.()
  }
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
