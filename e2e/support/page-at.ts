import type { BrowserContext, Page } from '@playwright/test'
import { inWorker } from './in-worker.ts'

/** When a page looks for the first time whether a private report is due, ms; see `private-loop.ts`. */
const FIRST_LOOK_MS = 30_000

/** A new page whose clocks, its worker's as well, stand so much later, and which looks for due reports as soon as it is there. */
export async function pageAt(context: BrowserContext, laterMs: number): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript((ms) => {
    const now = Date.now
    Date.now = () => now() + ms
  }, laterMs)
  await inWorker(
    page,
    `{
       const now = Date.now, wait = setTimeout
       Date.now = () => now() + ${laterMs}
       self.setTimeout = (run, ms, ...args) => wait(run, ms === ${FIRST_LOOK_MS} ? 100 : ms, ...args)
     };`,
  )
  return page
}
