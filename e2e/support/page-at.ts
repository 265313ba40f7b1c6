import type { BrowserContext, Page } from '@playwright/test'
import { inWorker } from './in-worker.ts'

declare global {
  interface Window {
    /** How often this page began to look whether a private report is due. */
    looks: number
  }
}

/** When a page looks whether a private report is due, first and again, ms; see `private-loop.ts`. */
const LOOKS_MS = [30_000, 900_000]
const SOON_MS = 200

/** A new page whose clocks, its worker's as well, stand so much later, and which looks for due reports five times a second. */
export async function pageAt(context: BrowserContext, laterMs: number): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript((ms) => {
    const now = Date.now
    Date.now = () => now() + ms
    window.looks = 0
    new BroadcastChannel('looks').onmessage = () => window.looks++
  }, laterMs)
  await inWorker(
    page,
    `{
       const now = Date.now, wait = setTimeout, told = new BroadcastChannel('looks')
       Date.now = () => now() + ${laterMs}
       const look = (run) => { told.postMessage(0); run() }
       self.setTimeout = (run, ms, ...args) =>
         ${JSON.stringify(LOOKS_MS)}.includes(ms) ? wait(look, ${SOON_MS}, run) : wait(run, ms, ...args)
     };`,
  )
  return page
}
