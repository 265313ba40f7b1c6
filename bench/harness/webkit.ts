import { openWebkitWindow, type WebkitWindow } from '../../tools/webkit-window.ts'
import type { BenchBrowser, BenchPage } from './browsers.ts'

/** How long a function may run in a page: indexes of peers take minutes to build. */
const SCRIPT_MS = 900_000

/** WebKitGTK: each context is a window of its own, and its pages follow each other there. */
export async function launchWebkit(): Promise<BenchBrowser> {
  const first = await openWebkitWindow(SCRIPT_MS)
  const open = new Set([first])
  let free: WebkitWindow | null = first
  return {
    name: 'webkit',
    version: first.version,
    newContext: async () => {
      const window = free ?? (await openWebkitWindow(SCRIPT_MS))
      free = null
      open.add(window)
      return {
        newPage: async () => pageOf(window),
        goOffline: null,
        close: async () => {
          open.delete(window)
          await window.close()
        },
      }
    },
    memoryMb: async () => null,
    chromium: null,
    close: async () => {
      await Promise.all([...open].map((window) => window.close()))
    },
  }
}

function pageOf(window: WebkitWindow): BenchPage {
  const goto = async (url: string): Promise<void> => {
    await window.send('POST', '/url', { url })
  }
  return {
    goto,
    evaluate: (run, given) => window.run(run.toString(), [given ?? null]),
    collect: async () => undefined,
    close: () => goto('about:blank'),
  }
}
