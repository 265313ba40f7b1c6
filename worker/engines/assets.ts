import { RecError } from '#contract/errors'
import type { EngineDeps } from '../deps.ts'

/** Fetches an engine file by absolute URL. @throws RecError `engine-unavailable` */
export async function fetchAsset(deps: Pick<EngineDeps, 'fetch'>, url: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await deps.fetch(url, { mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' })
    const type = response.headers.get('content-type') ?? ''
    if (response.ok && !type.startsWith('text/html')) return new Uint8Array(await response.arrayBuffer())
    throw new RecError('engine-unavailable', 'an engine file is not there', { status: response.status })
  } catch (thrown) {
    if (thrown instanceof RecError) throw thrown
    throw new RecError('engine-unavailable', 'an engine file did not arrive', {}, { cause: thrown })
  }
}
