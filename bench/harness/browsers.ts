import { type Browser, type BrowserContext, firefox, type Page } from 'playwright'
import { largestRendererMb, launchChromium } from './chromium.ts'
import { launchWebkit } from './webkit.ts'

export const BROWSERS = ['chromium', 'firefox', 'webkit'] as const

export type BrowserName = (typeof BROWSERS)[number]

/** A page of any of the three: the part that Playwright and WebDriver both can do. */
export type BenchPage = {
  goto(url: string): Promise<void>
  /** Runs a function in the page; it must not use anything outside itself. */
  evaluate<R, A = undefined>(run: (given: A) => R | Promise<R>, given?: A): Promise<R>
  /** Collects garbage, where the browser can be asked to. */
  collect(): Promise<void>
  close(): Promise<void>
}

/** A visitor with storage of its own. */
export type BenchContext = {
  newPage(): Promise<BenchPage>
  /** Cuts the network; null where the browser has no such switch. */
  readonly goOffline: (() => Promise<void>) | null
  close(): Promise<void>
}

export type BenchBrowser = {
  readonly name: BrowserName
  readonly version: string
  newContext(): Promise<BenchContext>
  /** Memory of the largest process that shows pages, MB; null where the browser does not tell which that is. */
  memoryMb(): Promise<number | null>
  /** Chromium itself, for slow lines, which only its protocol knows; null elsewhere. */
  readonly chromium: Browser | null
  close(): Promise<void>
}

/** Starts a browser without a window on the screen. @throws TypeError for a name that is none of the three */
export async function openBrowser(name: string): Promise<BenchBrowser> {
  if (name === 'webkit') return launchWebkit()
  if (name === 'chromium') {
    const browser = await launchChromium()
    return { ...drivenBy(name, browser), memoryMb: () => largestRendererMb(browser), chromium: browser }
  }
  if (name !== 'firefox') throw new TypeError(`${name} is none of ${BROWSERS.join(', ')}`)
  return drivenBy(name, await firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr' }))
}

function drivenBy(name: BrowserName, browser: Browser): BenchBrowser {
  return {
    name,
    version: browser.version(),
    newContext: async () => contextOf(await browser.newContext()),
    memoryMb: async () => null,
    chromium: null,
    close: () => browser.close(),
  }
}

function contextOf(context: BrowserContext): BenchContext {
  return {
    newPage: async () => pageOf(await context.newPage()),
    goOffline: () => context.setOffline(true),
    close: () => context.close(),
  }
}

function pageOf(page: Page): BenchPage {
  return {
    goto: async (url) => {
      await page.goto(url)
    },
    evaluate: <R, A>(run: (given: A) => R | Promise<R>, given?: A) =>
      page.evaluate(run as (given: unknown) => R | Promise<R>, given),
    collect: () => page.requestGC(),
    close: () => page.close(),
  }
}
