import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A window of WebKitGTK: it keeps nothing of one session for the next. */
export type WebkitWindow = {
  readonly version: string
  /** One command of the WebDriver protocol; `path` follows the session's. */
  send<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Runs the source of a function in the page with arguments that JSON can hold. @throws Error of what it threw. */
  run<T>(source: string, args: readonly unknown[]): Promise<T>
  close(): Promise<void>
}

type Driver = { readonly url: string; readonly close: () => void }

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'

/** How long a window may take to open: it takes under two seconds, or never. */
const OPENING_MS = 15_000
const ATTEMPTS = 3

/**
 * Opens a window of WebKitGTK by the WebDriver protocol (Playwright's own WebKit is not in the distribution), with a
 * driver and a display of its own. A driver now and then never answers for a new window: it is given up for another.
 * @param scriptMs - How long a function may run in the page.
 */
export async function openWebkitWindow(scriptMs = 60_000): Promise<WebkitWindow> {
  for (let attempt = 1; ; attempt++) {
    const driver = await startDriver()
    try {
      return await openWindow(driver, scriptMs)
    } catch (error) {
      driver.close()
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function startDriver(): Promise<Driver> {
  const port = await freePort()
  // The display has the port's number: numbers that `xvfb-run` looks for itself collide when two are started at once.
  // Its own file for the display's key would outlive a display that a signal ends.
  const key = join(tmpdir(), `pocketshelf-display-${port}`)
  const screen = ['-n', String(port), '-f', key, '-s', '-screen 0 1280x900x24']
  const child = spawn('xvfb-run', [...screen, 'WebKitWebDriver', `--port=${port}`], {
    // Without this WebKit has no SharedArrayBuffer, even in isolated pages.
    env: { ...process.env, JSC_useSharedArrayBuffer: '1' },
    stdio: 'ignore',
    detached: true,
  })
  const url = `http://127.0.0.1:${port}`
  const close = () => {
    endGroup(child)
    rmSync(key, { force: true })
  }
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${url}/status`)
      return { url, close }
    } catch (error) {
      if (tries === 100) throw error
      await delay(100)
    }
  }
}

async function openWindow(driver: Driver, scriptMs: number): Promise<WebkitWindow> {
  // Without the features there is no `navigator.storage`.
  const args = ['--automation', '--features=+StorageAPI,+StorageAPIEstimate,+FileSystem']
  const options = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args } }
  const { sessionId, capabilities } = await command<Session>(`${driver.url}/session`, {
    method: 'POST',
    body: JSON.stringify({ capabilities: { alwaysMatch: options } }),
    signal: AbortSignal.timeout(OPENING_MS),
  })
  const send = <T>(method: string, path: string, body?: unknown) =>
    command<T>(`${driver.url}/session/${sessionId}${path}`, { method, body: body ? JSON.stringify(body) : null })
  await send('POST', '/timeouts', { script: scriptMs })
  return {
    version: capabilities.browserVersion,
    send,
    async run<T>(source: string, given: readonly unknown[]): Promise<T> {
      const script = `const cb = arguments[arguments.length - 1], a = [...arguments].slice(0, -1)
      Promise.resolve().then(() => (${source})(...a)).then((v) => cb({ v }), (e) => cb({ e: String(e) }))`
      const { v, e } = await send<{ v: T; e?: string }>('POST', '/execute/async', { script, args: given })
      if (e !== undefined) throw new Error(e)
      return v
    },
    close: () => send<null>('DELETE', '').then(driver.close),
  }
}

type Session = { readonly sessionId: string; readonly capabilities: { readonly browserVersion: string } }

async function command<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  // The protocol wraps every answer like this.
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${url}: ${value.error} ${value.message}`)
  return value
}

function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid)
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => settle(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}
