import { setTimeout as delay } from 'node:timers/promises'
import { RecError } from '#contract/errors'
import type { EdgeRequest } from '../commands/requests.ts'
import { EdgeClient, systemDeps } from './edge-client.ts'
import { findRunning, openEdgeHome, registerSite } from './edge-home.ts'
import { startEdge } from './edge-process.ts'

export type EdgeUse = {
  readonly site: string
  /** Registered at an edge of this machine, so that it takes the site's releases; null leaves its keys alone. */
  readonly publicKey: string | null
  readonly signal: AbortSignal
}

/** How long a running edge may take to read its sites again. */
const RELOAD_MS = 5_000
const RELOAD_STEP_MS = 25

/**
 * Runs `use` with the edge that a request names: the one at `--edge` with the token of the environment; or the one of `--dir`, which is
 * started for the time of the call when it does not run.
 * @throws RecError `bad-request` when the request names none or both, `unauthorised` without a token.
 */
export async function withEdge<T>(
  request: EdgeRequest,
  { site, publicKey, signal }: EdgeUse,
  use: (client: EdgeClient) => Promise<T>,
): Promise<T> {
  if ((request.edge === undefined) === (request.dir === undefined))
    throw new RecError('bad-request', 'say which edge: --edge URL or --dir DIR')
  if (request.dir === undefined)
    return use(
      new EdgeClient({ url: request.edge ?? '', site, token: tokenFrom(request.tokenEnv) }, systemDeps(signal)),
    )
  const home = await openEdgeHome(request.dir)
  const isChanged = await registerSite(home, site, publicKey)
  const running = await findRunning(home)
  const clientAt = (url: string) => new EdgeClient({ url, site, token: home.token }, systemDeps(signal))
  if (running !== null) {
    if (isChanged) await reload(running.pid, clientAt(running.url), signal)
    return use(clientAt(running.url))
  }
  const edge = await startEdge(home, { host: '127.0.0.1', port: 0 })
  try {
    return await use(clientAt(edge.url))
  } finally {
    await edge.stop()
  }
}

function tokenFrom(name: string): string {
  const token = process.env[name]?.trim()
  if (!token) throw new RecError('unauthorised', `the environment variable ${name} holds no token`)
  return token
}

/** Makes a running edge read its sites again and waits until it knows this machine's token. */
async function reload(pid: number, client: EdgeClient, signal: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGHUP')
  for (let waited = 0; ; waited += RELOAD_STEP_MS) {
    try {
      await client.channels()
      return
    } catch (error) {
      if (!(error instanceof RecError) || error.code !== 'unauthorised' || waited >= RELOAD_MS) throw error
    }
    await delay(RELOAD_STEP_MS, undefined, { signal })
  }
}
