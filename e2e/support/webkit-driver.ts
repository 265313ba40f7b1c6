import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Key, Visitor } from './visitor.ts'

type Driver = { readonly url: string; readonly close: () => void }

/** A browser window of its own: WebKit keeps nothing of one session for the next. */
export interface WebkitVisitor extends Visitor {
  /** PNG of the window. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const PATIENCE_MS = 10_000

/** Code points that WebDriver gives to keys. */
const KEYS: Readonly<Record<Key, string>> = {
  Tab: '\uE004',
  Enter: '\uE007',
  Escape: '\uE00C',
  ArrowLeft: '\uE012',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
}

/** How long a window may take to open: it takes under two seconds, or never. */
const OPENING_MS = 15_000
const ATTEMPTS = 3

/**
 * Opens a window of WebKitGTK by the WebDriver protocol (Playwright's own WebKit is not in the distribution), with a
 * driver and a display of its own. A driver now and then never answers for a new window: it is given up for another.
 */
export async function openWebkit(): Promise<WebkitVisitor> {
  for (let attempt = 1; ; attempt++) {
    const driver = await startDriver()
    try {
      return await openWindow(driver)
    } catch (error) {
      driver.close()
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function startDriver(): Promise<Driver> {
  const port = await freePort()
  // The display has the port's number: numbers that `xvfb-run` looks for itself collide when two are started at once.
  const screen = ['-n', String(port), '-s', '-screen 0 1280x900x24']
  const child = spawn('xvfb-run', [...screen, 'WebKitWebDriver', `--port=${port}`], {
    // Without this WebKit has no SharedArrayBuffer, even in isolated pages.
    env: { ...process.env, JSC_useSharedArrayBuffer: '1' },
    stdio: 'ignore',
    detached: true,
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${url}/status`)
      return { url, close: () => endGroup(child) }
    } catch (error) {
      if (tries === 100) throw error
      await delay(100)
    }
  }
}

async function openWindow(driver: Driver): Promise<WebkitVisitor> {
  // Without the features there is no `navigator.storage`.
  const args = ['--automation', '--features=+StorageAPI,+StorageAPIEstimate,+FileSystem']
  const options = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args } }
  const capabilities = { alwaysMatch: options }
  const { sessionId } = await command<{ sessionId: string }>(`${driver.url}/session`, {
    method: 'POST',
    body: JSON.stringify({ capabilities }),
    signal: AbortSignal.timeout(OPENING_MS),
  })
  const send = <T>(method: string, path: string, body?: unknown) =>
    command<T>(`${driver.url}/session/${sessionId}${path}`, { method, body: body ? JSON.stringify(body) : null })
  await send('POST', '/timeouts', { script: 60_000 })
  const run = async <T>(source: string, args: readonly unknown[]): Promise<T> => {
    const script = `const cb = arguments[arguments.length - 1], a = [...arguments].slice(0, -1)
      Promise.resolve().then(() => (${source})(...a)).then((v) => cb({ v }), (e) => cb({ e: String(e) }))`
    const { v, e } = await send<{ v: T; e?: string }>('POST', '/execute/async', { script, args })
    if (e !== undefined) throw new Error(e)
    return v
  }
  return {
    browser: 'webkit',
    goto: (url) => send('POST', '/url', { url }),
    evaluate: (fn, ...args) => run(fn.toString(), args),
    click: async (find, ...args) => send('POST', `/element/${await found(run, find.toString(), args)}/click`, {}),
    async picture(find) {
      const window = await send<string>('GET', '/screenshot') // its pictures of single elements are black
      return Buffer.from(await run<string>(`(window) => (${cutOut})(window, (${find})())`, [window]), 'base64')
    },
    async press(key) {
      const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value: KEYS[key] }))
      await send('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    screenshot: async () => Buffer.from(await send<string>('GET', '/screenshot'), 'base64'),
    close: () => send<null>('DELETE', '').then(driver.close),
  }
}

/** Runs in the page: the part of a window's PNG, as base64, that shows an element. */
async function cutOut(picture: string, element: Element | null): Promise<string> {
  const { x, y, width, height } = element?.getBoundingClientRect() ?? new DOMRect()
  const image = new Image()
  image.src = `data:image/png;base64,${picture}`
  await image.decode()
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  canvas.getContext('2d')?.drawImage(image, -x, -y)
  return canvas.toDataURL().replace(/^.*,/, '')
}

/** The driver's name for the element that a function of the page finds; waits until there is one. */
async function found(
  run: <T>(source: string, args: readonly unknown[]) => Promise<T>,
  find: string,
  args: readonly unknown[],
): Promise<string> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const element = await run<Readonly<Record<string, string>> | null>(find, args)
    if (element?.[ELEMENT] !== undefined) return element[ELEMENT]
    if (Date.now() > until) throw new Error(`there is no such element: ${find}`)
    await delay(50)
  }
}

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
