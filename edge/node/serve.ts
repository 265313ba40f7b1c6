import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { RecError, toRecError } from '#contract/errors'
import type { SiteInput } from '../core/sites.ts'
import { createLog } from './log.ts'
import { createNodeEdge, type NodeEdgeOptions } from './node-edge.ts'

const HELP = `Usage: node edge/node/main.ts --data-dir DIR [options]

  --data-dir DIR             objects and databases (POCKETSHELF_DATA_DIR)
  --port N                   0 takes a free one (POCKETSHELF_PORT, default 8787)
  --host ADDRESS             where to listen (POCKETSHELF_HOST, default 127.0.0.1)
  --sites-file FILE          JSON: [{name, keys, tokens: [{name, hash, scopes}], rates?}] (POCKETSHELF_SITES_FILE); read again on SIGHUP
  --static PATH=DIR          serve a directory, may repeat
  --single-page              unknown pages of static directories are answered by their index.html
  --cross-origin-isolated    send COOP and COEP with static files
  --trusted-proxy CIDR       believe its X-Forwarded-For, may repeat
  --metrics-from CIDR        who may read /metrics, may repeat (default loopback)
  --memory-mb N              memory for hot objects (default 256)
  --events-max-mb N          where the event database stops growing (default: the disk)
  --stop-with-stdin          stop when standard input ends, so that no process stays behind when its parent dies

Prints {"url": …} on one line when it answers; logs JSON lines to standard error; stops gracefully on SIGTERM and SIGINT.
`

const OPTIONS = {
  'data-dir': { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'sites-file': { type: 'string' },
  static: { type: 'string', multiple: true },
  'single-page': { type: 'boolean' },
  'cross-origin-isolated': { type: 'boolean' },
  'trusted-proxy': { type: 'string', multiple: true },
  'metrics-from': { type: 'string', multiple: true },
  'memory-mb': { type: 'string' },
  'events-max-mb': { type: 'string' },
  'stop-with-stdin': { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

const MB = 2 ** 20

function numberFlag(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new RecError('config-invalid', `--${name} is a whole number`)
  return value
}

async function readSites(path: string): Promise<readonly SiteInput[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new RecError('input-missing', 'the sites file cannot be read')
  })
  try {
    return JSON.parse(text) as readonly SiteInput[] // `setSites` checks every entry
  } catch {
    throw new RecError('config-invalid', 'the sites file is not JSON')
  }
}

function optionsFrom(flags: Flags): NodeEdgeOptions {
  const dataDir = flags['data-dir'] ?? process.env.POCKETSHELF_DATA_DIR
  if (dataDir === undefined) throw new RecError('config-invalid', '--data-dir is missing')
  const staticDirs = (flags.static ?? []).map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new RecError('config-invalid', '--static is PATH=DIR')
    return {
      path: text.slice(0, at),
      dir: text.slice(at + 1),
      isSinglePage: flags['single-page'] ?? false,
      isCrossOriginIsolated: flags['cross-origin-isolated'] ?? false,
    }
  })
  const metricsFrom = flags['metrics-from']
  return {
    dataDir,
    staticDirs,
    port: numberFlag('port', flags.port ?? process.env.POCKETSHELF_PORT, 8787),
    hostname: flags.host ?? process.env.POCKETSHELF_HOST ?? '127.0.0.1',
    trustedProxies: flags['trusted-proxy'] ?? [],
    memoryBytes: numberFlag('memory-mb', flags['memory-mb'], 256) * MB,
    eventsMaxBytes: numberFlag('events-max-mb', flags['events-max-mb'], 0) * MB,
    log: createLog(),
    ...(metricsFrom === undefined ? {} : { metricsFrom }),
  }
}

/** Runs the edge as the command line asks; ends the process when it is told to stop or cannot start. */
export async function serve(): Promise<void> {
  await start().catch((thrown: unknown) => {
    const error = toRecError(thrown, 'config-invalid')
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exit(1)
  })
}

async function start(): Promise<void> {
  const { values: flags } = parseArgs({ options: OPTIONS })
  if (flags.help) {
    process.stdout.write(HELP)
    return
  }
  const sitesFile = flags['sites-file'] ?? process.env.POCKETSHELF_SITES_FILE
  const sites = sitesFile === undefined ? undefined : await readSites(sitesFile)
  const options = optionsFrom(flags)
  const edge = await createNodeEdge({ ...options, ...(sites === undefined ? {} : { sites }) })
  const stop = () => {
    edge.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (flags['stop-with-stdin']) process.stdin.once('end', stop).resume()
  if (sitesFile !== undefined) {
    process.on('SIGHUP', () => {
      readSites(sitesFile)
        .then((changed) => edge.setSites(changed))
        .then(
          () => options.log?.('sites-reloaded'),
          (error: unknown) => options.log?.('sites-refused', { error: toRecError(error).message }),
        )
    })
  }
  process.stdout.write(`${JSON.stringify({ url: edge.url })}\n`)
}
