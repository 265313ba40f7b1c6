import { RecError } from '#contract/errors'
import { LIMITS } from '#contract/limits'
import { BUILT_FILES, type EngineOptions } from '#contract/rpc'
import type { EngineDeps } from '../deps.ts'
import { readLimited, withDeadline } from '../release/download.ts'

/** The runtimes' megabytes come late and nobody waits for them; the kernel is small, and the whole catalogue waits. */
export const DEADLINE_MS = { runtime: 600_000, kernel: 20_000 } as const

/** Where the page keeps a built file. */
export function assetUrl(assets: EngineOptions['assets'], name: keyof typeof BUILT_FILES): string {
  return assets + BUILT_FILES[name]
}

/**
 * Fetches an engine file by absolute URL.
 * @throws RecError `engine-unavailable`, its `status` 0 where nothing whole arrived
 */
export async function fetchAsset(
  deps: Pick<EngineDeps, 'fetch' | 'after'>,
  url: string,
  deadlineMs: number = DEADLINE_MS.runtime,
): Promise<Uint8Array<ArrayBuffer>> {
  const request = { mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' } as const
  let status = 0
  try {
    return await withDeadline(deps, deadlineMs, async (signal, arrived) => {
      const response = await deps.fetch(url, { ...request, signal })
      const type = response.headers.get('content-type') ?? ''
      if (response.ok && !type.startsWith('text/html')) return readLimited(response, LIMITS.objectBytes, arrived)
      status = response.status
      throw new RecError('engine-unavailable', 'something else is in its place', { status })
    })
  } catch (cause) {
    throw new RecError('engine-unavailable', 'an engine file did not arrive', { status }, { cause })
  }
}
