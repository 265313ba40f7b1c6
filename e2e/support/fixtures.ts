import { test as base, expect } from '@playwright/test'
import { type OpenSite, openSite } from './open-site.ts'
import { ASKING, DEMO, LARGE, prepareSite, SMALL } from './prepared-site.ts'

const PREPARING_MS = 600_000

/** An edge compresses the runtimes' 14 MB when they are first asked for. */
export const ENGINES = { timeout: 30_000 } as const

type WorkerParts = {
  readonly asking: OpenSite
  readonly demo: OpenSite
  readonly large: OpenSite
  readonly small: OpenSite
}
type TestParts = {
  /** Exceptions that reached a page; a test that plants some takes them out again. */
  readonly calm: Error[]
}

/** Sites are started once a worker, by the first test that asks for them. */
export const siteTest = base.extend<object, WorkerParts>({
  asking: [async ({ browserName: _ }, use) => serve(ASKING, use), { scope: 'worker', timeout: PREPARING_MS }],
  demo: [async ({ browserName: _ }, use) => serve(DEMO, use), { scope: 'worker', timeout: PREPARING_MS }],
  large: [async ({ browserName: _ }, use) => serve(LARGE, use), { scope: 'worker', timeout: PREPARING_MS }],
  small: [async ({ browserName: _ }, use) => serve(SMALL, use), { scope: 'worker', timeout: PREPARING_MS }],
})

/** Every test also fails when an exception or an unhandled rejection reached its pages. */
export const test = siteTest.extend<TestParts>({
  calm: [
    async ({ context }, use) => {
      const errors: Error[] = []
      context.on('weberror', (event) => errors.push(event.error()))
      await use(errors)
      expect(errors, 'exceptions in pages').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

async function serve(recipe: typeof DEMO, use: (site: OpenSite) => Promise<void>): Promise<void> {
  const site = await openSite(await prepareSite(recipe))
  await use(site)
  await site.stop()
}
