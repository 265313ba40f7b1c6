import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, isErrorCode, RecError } from '#contract/errors'
import type { EdgeHome } from './edge-home.ts'

/** The edge's entry, beside this package's other folders, as TypeScript in a clone and as JavaScript once published. */
const EDGE_MAIN = fileURLToPath(
  new URL(`../../edge/node/main${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
)

/** Ports tried after the wanted one. */
const PORT_TRIES = 50

export type StaticPlace = { readonly path: string; readonly dir: string }

export type EdgeProcessOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Directories served beside the edge; at the same path the first that has a file answers. */
  readonly statics?: readonly StaticPlace[]
  /** A page that no directory has is answered by `index.html`. */
  readonly isSinglePage?: boolean
  /** Networks whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  /** Gets each line of the edge's log. */
  readonly log?: (line: string) => void
}

/** An edge that answers, in a process of its own that ends with ours. */
export type EdgeProcess = {
  readonly url: string
  readonly pid: number
  /** Settles when the process has ended, however it did; `code` is null when a signal ended it. */
  readonly ended: Promise<{ readonly code: number | null }>
  /** Asks it to stop, waits until what was under way is answered and written. */
  stop(): Promise<void>
}

/**
 * Starts an edge on its directory and waits until it answers.
 * @throws RecError with the edge's own code when it cannot start, for example `config-invalid` when the port is taken.
 */
export async function startEdge(home: EdgeHome, options: EdgeProcessOptions): Promise<EdgeProcess> {
  const statics = (options.statics ?? []).flatMap(({ path, dir }) => ['--static', `${path}=${dir}`])
  const address = ['--host', options.host, '--port', String(options.port)]
  const places = ['--data-dir', home.dataDir, '--sites-file', home.sitesFile, '--stop-with-stdin']
  const proxies = (options.trustedProxies ?? []).flatMap((network) => ['--trusted-proxy', network])
  const pages = options.isSinglePage === true ? ['--single-page'] : []
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', EDGE_MAIN, ...places, ...address, ...statics, ...pages, ...proxies],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  let last = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line
    options.log?.(line)
  })
  child.stdin.on('error', () => undefined) // it may end before us
  const ended = new Promise<{ code: number | null }>((settle) => {
    child.once('error', () => settle({ code: null }))
    child.once('close', (code) => settle({ code }))
  })
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), ended.then(() => null)])
  if (first === null || child.pid === undefined) throw startError(last)
  const { url } = JSON.parse(String(first[0])) as { url: string } // the one line that the edge promises
  return {
    url,
    pid: child.pid,
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The edge's last line is `code: message`. */
function startError(line: string): RecError {
  const [, code, message] = /^([a-z-]+): (.*)$/.exec(line) ?? []
  const known: ErrorCode = isErrorCode(code) ? code : 'internal'
  return new RecError(known, `the edge could not start: ${message ?? (line || 'it said nothing')}`)
}

/**
 * Waits until a signal asks us to stop, then stops the edge.
 * @throws RecError `edge-unreachable` when the edge ends by itself.
 */
export async function stayWith(edge: EdgeProcess, signal: AbortSignal): Promise<void> {
  const asked = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  const first = await Promise.race([asked.then(() => 'asked'), edge.ended.then(() => 'ended')])
  if (first === 'ended' && !signal.aborted) throw new RecError('edge-unreachable', 'the edge stopped by itself')
  await edge.stop()
}

/** The wanted port, or the next one that nobody listens on. @throws RecError `config-invalid` */
export async function findPort(host: string, wanted: number): Promise<number> {
  if (wanted === 0) return 0
  for (let port = wanted; port <= Math.min(65_535, wanted + PORT_TRIES); port++)
    if (await isFree(host, port)) return port
  throw new RecError('config-invalid', 'no free port near the wanted one; choose another --port', { port: wanted })
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer()
    probe.once('error', () => settle(false))
    probe.listen(port, host, () => probe.close(() => settle(true)))
  })
}
