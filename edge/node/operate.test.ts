import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient, testBatch } from '../contract-suite/edge-client.ts'
import { createTestKey, makePublication, PUBLISH_TOKEN, testSite } from '../contract-suite/test-site.ts'
import { type EdgeProcess, startEdgeProcess } from './edge-process.conformance.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url))
const read = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')

let dir: string
let edge: EdgeProcess
let log = ''

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edge-operate-'))
  const key = await createTestKey(1)
  writeFileSync(join(dir, 'sites.json'), JSON.stringify([await testSite('shop', [key])]))
  edge = await startEdgeProcess(['--data-dir', join(dir, 'data'), '--sites-file', join(dir, 'sites.json')])
  edge.child.stderr?.on('data', (chunk) => {
    log += String(chunk)
  })
  const client = new EdgeClient(edge.url, 'shop')
  await client.publish(await makePublication('shop', key, 1))
  await client.events(testBatch('operate', 3))
  await client.events('{"v":1,')
  await client.fetch('/channels/main')
})
afterAll(async () => {
  await edge.stop('SIGTERM')
  rmSync(dir, { recursive: true, force: true })
})

describe('the Grafana dashboard', () => {
  const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
    panels: { id: number; title: string; targets: { expr: string }[] }[]
  }
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

  test('asks only for metrics that the edge exports', async () => {
    const text = await (await fetch(`${edge.url}/metrics`)).text()
    const exported = new Set([...text.matchAll(/^([a-z_]\w*)(?:\{| )/gm)].map(([, name]) => name))
    const asked = expressions.flatMap((expr) => expr.match(/\b(?:pocketshelf|process|nodejs)_\w+/g) ?? [])
    expect(asked.length).toBeGreaterThanOrEqual(expressions.length)
    expect(asked.filter((name) => !exported.has(name))).toEqual([])
  })

  test('shows requests, latency, bytes, cache, events, sums and the release in use, each panel once', () => {
    const all = expressions.join('\n')
    for (const name of [
      'requests_total',
      'request_seconds_bucket',
      'served_bytes_total',
      'cache_hits',
      'events_accepted_total',
      'events_refused_total',
      'sums',
      'sums_reports',
      'live_sequence',
    ])
      expect(all).toContain(`pocketshelf_${name}`)
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })
})

describe('logs', () => {
  test('are JSON lines that name no address, path, token, item or pseudonym', () => {
    const lines = log.trim().split('\n').filter(Boolean)
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toContain('channel-moved')
    for (const secret of ['127.0.0.1', '/v1/', PUBLISH_TOKEN, 'item-', 'pseudonym-', 'operate'])
      expect(log).not.toContain(secret)
  })
})

describe('deployment files', () => {
  test('the Dockerfile pins its image, runs as nobody special and copies only what exists', () => {
    const lines = read('Dockerfile')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    const known = /^(FROM|WORKDIR|COPY|RUN|USER|VOLUME|EXPOSE|ENV|HEALTHCHECK|STOPSIGNAL|CMD) /
    expect(lines.filter((line) => !known.test(line))).toEqual([])
    expect(lines[0]).toMatch(/^FROM node:\d+-\w+-slim$/)
    const user = lines.indexOf('USER node')
    expect(user).toBeGreaterThan(lines.findIndex((line) => line.startsWith('RUN npm ci --omit=dev')))
    expect(lines.findIndex((line) => line.startsWith('CMD ['))).toBeGreaterThan(user)
    for (const line of lines.filter((line) => line.startsWith('COPY '))) {
      for (const source of line.split(' ').slice(1, -1)) expect(existsSync(join(DEPLOY, '..', source))).toBe(true)
    }
    expect(lines.join('\n')).not.toMatch(/\b(?:sudo|curl|wget|ADD|latest)\b/)
  })

  test('the systemd unit starts the entry, reloads by SIGHUP and gives the process no rights', (context) => {
    const unit = read('pocketshelf-edge.service')
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'DynamicUser=yes', 'CapabilityBoundingSet='])
      expect(unit.split('\n')).toContain(line)
    const [, entry = ''] = /^ExecStart=\S+ (\S+)/m.exec(unit) ?? []
    expect(existsSync(join(DEPLOY, '..', entry))).toBe(true)
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
      context.annotate('systemd-analyze is not installed: the unit was read, not verified')
      return
    }
    const { stderr } = spawnSync('systemd-analyze', ['verify', join(DEPLOY, 'pocketshelf-edge.service')], {
      encoding: 'utf8',
    })
    expect(stderr).not.toMatch(/Unknown|Failed to parse|Invalid/)
  })
})

const PROMETHEUS = '/usr/bin/prometheus'

/** Why a real Prometheus cannot be run here; installs it as root. */
function prometheusProblem(): string | undefined {
  if (existsSync(PROMETHEUS)) return undefined
  if (process.getuid?.() !== 0) return 'prometheus is not installed and this is not root: apt-get install prometheus'
  const install =
    'apt-get update -q && apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 prometheus'
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  spawnSync('sh', ['-c', install], { env, stdio: 'ignore', timeout: 240_000 })
  return existsSync(PROMETHEUS) ? undefined : 'prometheus could not be installed: apt-get install prometheus'
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('Prometheus', () => {
  test('scrapes the edge and answers every query of the dashboard', async (context) => {
    const problem = prometheusProblem()
    context.skip(problem !== undefined, problem)
    const port = await freePort()
    const config = read('prometheus.yml').replace('15s', '200ms').replace('127.0.0.1:8787', new URL(edge.url).host)
    writeFileSync(join(dir, 'prometheus.yml'), config)
    const child: ChildProcess = spawn(
      PROMETHEUS,
      [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    )
    const exited = once(child, 'exit')
    const query = async (expr: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`)
      return (await response.json()) as {
        status: string
        error?: string
        data?: { result: { value: [number, string] }[] }
      }
    }
    try {
      const up = () =>
        query('up{job="pocketshelf-edge"}').then(
          (answer) => answer.data?.result[0]?.value[1],
          () => undefined,
        )
      await expect.poll(up, { timeout: 60_000, interval: 200 }).toBe('1')
      const live = await query('pocketshelf_live_sequence{site="shop"}')
      expect(live.data?.result[0]?.value[1]).toBe(String(65_536 + 5))
      const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: { targets: { expr: string }[] }[] }
      for (const { expr } of panels.flatMap(({ targets }) => targets))
        expect(await query(expr.replaceAll('$__rate_interval', '5s'))).toMatchObject({ status: 'success' })
    } finally {
      child.kill('SIGTERM')
      await exited
    }
  })
})
