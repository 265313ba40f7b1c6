import type { BrowserContext } from '@playwright/test'

/** Notes the objects that pages, workers and service workers ask for, in the order of asking. */
export function noteObjects(context: BrowserContext): string[] {
  const asked: string[] = []
  context.on('request', (request) => {
    const [, hash] = /\/objects\/([0-9a-f]{64})$/.exec(request.url()) ?? []
    if (hash !== undefined) asked.push(hash)
  })
  return asked
}
