import { existsSync } from 'node:fs'
import { RecError } from '#contract/errors'

/** Where systems put Chromium and browsers made of it. */
const PLACES = [
  '/usr/lib/chromium/chromium',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/**
 * A Chromium of this machine: the one that is named, else `CHROME_PATH`, else where systems put it.
 * @throws RecError `input-missing` when there is none.
 */
export function findBrowser(named: string | undefined): string {
  const wanted = named ?? process.env.CHROME_PATH
  const found = wanted === undefined ? PLACES.find((path) => existsSync(path)) : wanted
  if (found !== undefined && existsSync(found)) return found
  const where =
    wanted === undefined ? 'install Chromium, or name one with --browser PATH' : `there is none at ${wanted}`
  throw new RecError('input-missing', `no Chromium found: ${where}`)
}

/**
 * The library that drives it.
 * @throws RecError `input-missing` when it is not installed: it is only needed here.
 */
export async function loadDriver(): Promise<typeof import('playwright-core')> {
  try {
    return await import('playwright-core')
  } catch (cause) {
    throw new RecError(
      'input-missing',
      'the audit drives a browser: npm install --save-dev playwright-core',
      {},
      { cause },
    )
  }
}
