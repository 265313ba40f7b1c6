import type { EngineOptions } from '#contract/rpc'
import type { EngineDeps } from '../deps.ts'

/** Sends reports to the site's edge: no cookie, no referrer, no content type, and no preflight on other origins. */
export function createReportPost(
  deps: Pick<EngineDeps, 'fetch'>,
  { edge, site }: Pick<EngineOptions, 'edge' | 'site'>,
) {
  return (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    deps.fetch(`${edge}/v1/sites/${site}/r`, {
      method: 'POST',
      body,
      mode: 'cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      keepalive: true,
    })
}

/** The lock under which one tab or service worker at a time writes and sends. */
export function reportLock({ edge, site }: Pick<EngineOptions, 'edge' | 'site'>): string {
  return `pocketshelf:feedback:${edge}|${site}`
}
