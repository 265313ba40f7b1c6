import { RecError } from '#contract/errors'
import type { TrustScript } from './trust.ts'

/** A running worker as the connection sees it. */
export type WorkerHandle = {
  readonly endpoint: Worker | MessagePort
  terminate(): void
  /** Called when the browser reports an error in the worker; it may still live. */
  onError(listener: () => void): void
}

/**
 * Starts a classic worker from any origin: fetches the script, checks its integrity where known, and runs it from a blob
 * (the least rights a strict page must grant: `connect-src` of the script's origin and `worker-src blob:`).
 * Where the script cannot be fetched but shares the page's origin, it is started by its address.
 * @throws RecError `engine-unavailable` when the browser refuses both.
 */
export async function startWorker(url: string, integrity: string, trust: TrustScript): Promise<WorkerHandle> {
  try {
    return open(trust(await blobUrl(url, integrity)))
  } catch (cause) {
    const message = 'the worker did not start; the page must allow worker-src blob: and connect-src of the script'
    if (integrity || new URL(url).origin !== location.origin) throw unavailable(message, cause)
    try {
      return open(trust(url))
    } catch (second) {
      throw unavailable(message, second)
    }
  }
}

function unavailable(message: string, cause: unknown): RecError {
  return new RecError('engine-unavailable', message, {}, { cause })
}

async function blobUrl(url: string, integrity: string): Promise<string> {
  const response = await fetch(url, { integrity, mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' })
  if (!response.ok)
    throw new RecError('engine-unavailable', 'the worker script is missing', { status: response.status })
  return URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }))
}

function open(url: string): WorkerHandle {
  const worker = new Worker(url, { name: 'pocketshelf' })
  return {
    endpoint: worker,
    terminate: () => {
      worker.terminate()
      URL.revokeObjectURL(url)
    },
    onError: (listener) =>
      worker.addEventListener('error', (event) => {
        event.preventDefault()
        listener()
      }),
  }
}
