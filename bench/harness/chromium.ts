import { existsSync, readFileSync } from 'node:fs'
import { type Browser, chromium } from 'playwright'

/** Chromium of the distribution; Playwright's own where there is none. */
export const EXECUTABLE = '/usr/lib/chromium/chromium'

/** Keeps Chromium from looking for its maker's servers. */
export const OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'

/** Starts Chromium without a window; it reaches this machine only. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    ...(existsSync(EXECUTABLE) ? { executablePath: EXECUTABLE } : {}),
    chromiumSandbox: process.getuid?.() !== 0, // it cannot start as root
    args: [OFFLINE, '--js-flags=--expose-gc'],
  })
}

/**
 * Memory of the largest renderer, MB: its proportional set size, which counts WebAssembly memory and shared pages once.
 * NaN where the system does not tell (Linux does).
 */
export async function largestRendererMb(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => pssMb(id))
  const known = sizes.filter((size) => !Number.isNaN(size)) // a renderer may end while it is looked at
  return known.length === 0 ? Number.NaN : Math.round(Math.max(...known) * 10) / 10
}

function pssMb(pid: number): number {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
    return Number(kilobytes) / 1024
  } catch {
    return Number.NaN
  }
}
