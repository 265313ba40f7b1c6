/**
 * How close the Node edge comes to nginx, what durable events it takes, whether it loses any, how fast it starts and whether its memory grows.
 * The load generator is a process of its own; nginx and the edge get one core each in turn, the generator the other.
 *
 * --seconds 5   of each load
 * --rounds 3
 * --soak 60     seconds of load, in which memory is watched
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchSite, makeSite, sha256 } from './edge/bench-site.ts'
import { type EdgeProcess, startEdge } from './edge/edge-process.ts'
import { countLost, sendUntilKilled } from './edge/kills.ts'
import { startNginx } from './edge/nginx.ts'
import { median, requirePrograms } from './edge/system.ts'
import { eventScript, load } from './edge/wrk.ts'
import { numberList, readOptions } from './harness/arguments.ts'
import type { Results } from './run.ts'

const SERVER = '0'
const GENERATOR = '1'
const CONNECTIONS = 32
const EVENTS_PER_BATCH = 20
const EVENT_CONNECTIONS = 64
const KILLS = 5
const ACKS_PER_KILL = 1_200
const STARTS = 5

type Setting = {
  readonly dir: string
  readonly wrk: string
  readonly nginx: string
  readonly site: BenchSite
  readonly seconds: number
  readonly rounds: number
  readonly soakSeconds: number
  readonly report: (line: string) => void
}

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const given = readOptions(options, { seconds: '5', rounds: '3', soak: '60' })
  const [seconds, rounds, soakSeconds] = [given.seconds, given.rounds, given.soak].map((text) => numberList(text)[0])
  const { nginx, wrk } = requirePrograms(report)
  const dir = mkdtempSync(join(tmpdir(), 'bench-edge-'))
  try {
    const setting = {
      dir,
      wrk,
      nginx,
      site: await makeSite(dir),
      seconds,
      rounds,
      soakSeconds,
      report,
    }
    const starts = await measureStarts(setting)
    const reads = await compareReads(setting)
    return {
      ...reads,
      ...(await measureEvents(setting)),
      ...(await measureKills(setting)),
      startMs: starts,
      ...(await soak(setting)),
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const edgeOn = (setting: Setting, cores: string): Promise<EdgeProcess> =>
  startEdge(join(setting.dir, 'data'), setting.site.sitesFile, cores)

/** From the command to the first answered pointer, with a release on the disk. */
async function measureStarts(setting: Setting): Promise<number> {
  const first = await edgeOn(setting, `${SERVER},${GENERATOR}`)
  await setting.site.publish(first.url)
  await first.stop('SIGTERM')
  const times: number[] = []
  for (let i = 0; i < STARTS; i++) {
    const begin = performance.now()
    const edge = await edgeOn(setting, `${SERVER},${GENERATOR}`)
    const response = await fetch(`${edge.url}/v1/sites/bench/channels/main`)
    await response.arrayBuffer()
    times.push(performance.now() - begin)
    if (response.status !== 200) throw new Error(`the first answer was ${response.status}`)
    await edge.stop('SIGTERM')
  }
  setting.report(`start: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  return median(times)
}

async function compareReads(setting: Setting): Promise<Record<string, number>> {
  const edge = await edgeOn(setting, SERVER)
  const nginx = await startNginx(setting.nginx, setting.dir, SERVER)
  try {
    const { manifest, shard } = setting.site
    const small = await compare(setting, { edge, nginx: nginx.url, bytes: manifest, name: 'manifest' })
    const large = await compare(setting, { edge, nginx: nginx.url, bytes: shard, name: 'shard' })
    return {
      manifestVsNginx: small.ratio,
      shardVsNginx: large.ratio,
      manifestPerSecond: small.perSecond,
      shardPerSecond: large.perSecond,
    }
  } finally {
    await edge.stop('SIGTERM')
    await nginx.stop()
  }
}

/** Both in each round, in turns; the ratio is taken within a round, since the machine is not always as free. */
async function compare(
  { rounds, seconds, wrk, report }: Setting,
  what: { edge: EdgeProcess; nginx: string; bytes: Uint8Array<ArrayBuffer>; name: string },
): Promise<{ ratio: number; perSecond: number }> {
  const hash = sha256(what.bytes)
  const urls = { edge: `${what.edge.url}/v1/sites/bench/objects/${hash}`, nginx: `${what.nginx}/${hash}` }
  for (const url of Object.values(urls)) {
    const body = new Uint8Array(await (await fetch(url)).arrayBuffer())
    if (sha256(body) !== hash) throw new Error(`${url} answered other bytes`)
  }
  const measure = async (url: string) => {
    const { requestsPerSecond, failed } = await load({ wrk, url, seconds, connections: CONNECTIONS, cores: GENERATOR })
    if (failed > 0) throw new Error(`${failed} requests failed`)
    return requestsPerSecond
  }
  await load({ wrk, url: urls.edge, seconds: 2, connections: CONNECTIONS, cores: GENERATOR })
  const ratios: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const isEdgeFirst = round % 2 === 0
    const first = await measure(isEdgeFirst ? urls.edge : urls.nginx)
    const second = await measure(isEdgeFirst ? urls.nginx : urls.edge)
    const [edge, nginx] = isEdgeFirst ? [first, second] : [second, first]
    report(`${what.name}: edge ${edge.toFixed(0)}/s, nginx ${nginx.toFixed(0)}/s, ratio ${(edge / nginx).toFixed(3)}`)
    ratios.push(edge / nginx)
    rates.push(edge)
  }
  return { ratio: median(ratios), perSecond: Math.round(median(rates)) }
}

function eventLoad(setting: Setting, edge: EdgeProcess, run: string, seconds: number) {
  const script = join(setting.dir, `${run}.lua`)
  writeFileSync(script, eventScript('/v1/sites/bench/events', EVENTS_PER_BATCH, run))
  const cores = `${SERVER},${GENERATOR}`
  return load({ wrk: setting.wrk, url: edge.url, seconds, connections: EVENT_CONNECTIONS, cores, script })
}

async function measureEvents(setting: Setting): Promise<Record<string, number>> {
  const edge = await edgeOn(setting, `${SERVER},${GENERATOR}`)
  await eventLoad(setting, edge, 'warm', 2)
  const rates: number[] = []
  const waits: number[] = []
  for (let round = 0; round < setting.rounds; round++) {
    const { requestsPerSecond, p99Ms, failed } = await eventLoad(setting, edge, `round${round}`, setting.seconds)
    if (failed > 0) throw new Error(`${failed} batches failed`)
    rates.push(requestsPerSecond * EVENTS_PER_BATCH)
    waits.push(p99Ms)
    setting.report(`events: ${(requestsPerSecond * EVENTS_PER_BATCH).toFixed(0)}/s, p99 ${p99Ms.toFixed(1)} ms`)
  }
  await edge.stop('SIGTERM')
  return { eventsPerSecond: Math.round(median(rates)), eventsP99Ms: median(waits) }
}

async function measureKills(setting: Setting): Promise<Record<string, number>> {
  const fresh = { ...setting, dir: join(setting.dir, 'kills') }
  const acked: string[] = []
  const inFlight: number[] = []
  for (let i = 0; i < KILLS; i++) {
    const edge = await edgeOn(fresh, `${SERVER},${GENERATOR}`)
    const killed = await sendUntilKilled(edge, `kill${i}`, ACKS_PER_KILL)
    acked.push(...killed.acked)
    inFlight.push(killed.inFlight)
  }
  const edge = await edgeOn(fresh, `${SERVER},${GENERATOR}`)
  const ackedLost = await countLost(edge, acked)
  await edge.stop('SIGTERM')
  const inFlightAtKills = Math.min(...inFlight)
  setting.report(`kills: ${KILLS}, in flight ${inFlightAtKills}, acknowledged ${acked.length}, lost ${ackedLost}`)
  return { kills: KILLS, inFlightAtKills, ackedBatches: acked.length, ackedLost }
}

/** Reads and events at once; growth is between the medians of the second and the last sixth of the time. */
async function soak(setting: Setting): Promise<Record<string, number>> {
  const edge = await edgeOn(setting, `${SERVER},${GENERATOR}`)
  const samples: number[] = []
  const timer = setInterval(() => samples.push(edge.rssMb()), 250)
  const url = `${edge.url}/v1/sites/bench/objects/${sha256(setting.site.manifest)}`
  const { wrk, soakSeconds: seconds } = setting
  await Promise.all([
    eventLoad(setting, edge, 'soak', seconds),
    load({ wrk, url, seconds, connections: CONNECTIONS, cores: GENERATOR }),
  ])
  clearInterval(timer)
  await edge.stop('SIGTERM')
  const sixth = Math.floor(samples.length / 6)
  const growth = median(samples.slice(-sixth)) - median(samples.slice(sixth, 2 * sixth))
  setting.report(`soak: ${seconds} s, from ${samples[sixth]?.toFixed(0)} to ${samples.at(-1)?.toFixed(0)} MB`)
  return { rssGrowthMb: growth, rssMb: Math.round(median(samples.slice(-sixth))), soakSeconds: seconds }
}
