import { RecError } from '#contract/errors'
import type { EngineOptions } from '#contract/rpc'
import { loadPart, type Part } from './load-part.ts'

/** A running engine as the connection sees it. */
export type EngineHandle = {
  readonly endpoint: MessagePort
  /** Options that this engine must not be started without. */
  readonly limits: Partial<EngineOptions>
  /** Resolves when its worker has died, and rejects when it was ended; pending for ever where the browser does not tell. */
  readonly died: Promise<unknown>
  terminate(): void
}

/** A worker that does not report for work in this time never will. */
const BOOT_MS = 10_000

/**
 * Starts the engine in a classic worker from any origin: fetches the script, checks its integrity where known, and runs it from a blob
 * (the least rights a strict page must grant: `connect-src` of the script's origin and `worker-src blob:`).
 * Where the script cannot be fetched but shares the page's origin, it is started by its address.
 * @throws RecError `engine-unavailable` when the browser refuses both.
 */
export async function startWorker({ url, integrity, trust }: Part): Promise<EngineHandle> {
  try {
    return await open(trust(await blobUrl(url, integrity)))
  } catch (cause) {
    if (integrity || new URL(url).origin !== location.origin) throw unavailable(cause)
    try {
      return await open(trust(url))
    } catch (second) {
      throw unavailable(second)
    }
  }
}

/**
 * Starts the engine in the page itself, where there is no worker: from the same file, as a script. It gets the smallest tier, whose pieces
 * of work are short.
 * @throws RecError `engine-unavailable` when the script does not load.
 */
export async function startInPage(part: Part): Promise<EngineHandle> {
  try {
    const { port, stop } = (await loadPart<OpenEngine>(part, 'openEngine'))()
    return {
      endpoint: port,
      limits: { tier: 'saver', ranker: 'auto', graphs: 'auto' },
      died: new Promise(() => undefined),
      terminate: () => void stop(),
    }
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** What the worker's file hands to a page that loads it as a script. */
type OpenEngine = () => { readonly port: MessagePort; stop(): Promise<unknown> }

function unavailable(cause: unknown): RecError {
  const message = 'the worker did not start: allow worker-src blob: and connect-src of the script'
  return new RecError('engine-unavailable', message, {}, { cause })
}

async function blobUrl(url: string, integrity: string): Promise<string> {
  const response = await fetch(url, { integrity, mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' })
  if (!response.ok)
    throw new RecError('engine-unavailable', 'the worker script is missing', { status: response.status })
  return URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }))
}

/** Settles with the worker's first message, which brings the port; a second one says that its lock is held. A policy that refuses workers says so by an error event, later and without a word. */
function open(url: string): Promise<EngineHandle> {
  const name = `pocketshelf:${Math.random()}`
  const worker = new Worker(url, { name })
  const watch = new AbortController()
  const terminate = () => {
    watch.abort() // a lock that is granted to a page in the back/forward cache takes it out of there
    worker.terminate()
    URL.revokeObjectURL(url)
  }
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => {
      clearTimeout(timer)
      terminate()
      reject(cause)
    }
    const timer = setTimeout(refuse, BOOT_MS)
    worker.onerror = (event) => {
      event.preventDefault()
      refuse(event)
    }
    const died = new Promise<unknown>((die, end) => {
      worker.onmessage = ({ data: isHeld, ports: [endpoint] }: MessageEvent<boolean>) => {
        if (isHeld) navigator.locks.request(name, watch, die).catch(end)
        if (!endpoint) return
        clearTimeout(timer)
        worker.onerror = (event) => event.preventDefault() // it lives on, and its calls settle by themselves
        resolve({ endpoint, limits: {}, died, terminate })
      }
    })
  })
}
