import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NODE, ROOT } from './command-line.ts'
import type { PreparedSite } from './prepared-site.ts'

/** A copy of a prepared site that its edge serves, with the demo shop at `/`; a test may do with it what it likes. */
export type OpenSite = {
  readonly prepared: PreparedSite
  readonly dir: string
  /** `--dir` of commands that talk to this edge. */
  readonly home: string
  /** Release folder of this copy. */
  readonly release: string
  readonly url: string
  /** Puts a file beside the shop's, for example a page of another site. */
  readonly write: (name: string, text: string) => Promise<void>
  /** Ends the edge, which writes what it has in memory, and starts it again at the same address. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Copies a prepared site and starts the edge's own process on it, at a free port. Who calls from this machine may say for which network. */
export async function openSite(prepared: PreparedSite): Promise<OpenSite> {
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-e2e-'))
  const [home, release, page] = [join(dir, 'edge'), join(dir, 'release'), join(dir, 'page')]
  await cp(prepared.home, home, { recursive: true })
  await cp(prepared.release, release, { recursive: true })
  await mkdir(page)
  const config = { site: 'demo', keys: prepared.publicKey, channel: 'main' }
  await writeFile(join(page, 'config.json'), JSON.stringify(config))
  const covers = join(prepared.shop, 'covers')
  const statics = [`/=${page}`, `/=${join(ROOT, 'dist', 'demo')}`, ...(existsSync(covers) ? [`/covers=${covers}`] : [])]
  let edge = await startEdge(home, statics)
  return {
    prepared,
    dir,
    home,
    release,
    url: edge.url,
    write: (name, text) => writeFile(join(page, name), text),
    restart: async () => {
      await edge.stop()
      edge = await startEdge(home, statics, new URL(edge.url).port)
    },
    stop: async () => {
      await edge.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function startEdge(
  home: string,
  statics: readonly string[],
  port = '0',
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const places = ['--data-dir', join(home, 'data'), '--sites-file', join(home, 'sites.json'), '--port', port]
  const proxies = ['--trusted-proxy', '127.0.0.0/8']
  const pages = [...statics.flatMap((entry) => ['--static', entry]), '--single-page', '--stop-with-stdin']
  const [node, ...flags] = NODE
  const child = spawn(node, [...flags, join(ROOT, 'edge', 'node', 'main.ts'), ...places, ...pages, ...proxies], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), ended.then(() => null)])
  if (first === null) throw new Error(`the edge did not start: ${log}`)
  const { url }: { url: string } = JSON.parse(String(first[0]))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { url, stop }
}
