import { setTimeout as delay } from 'node:timers/promises'
import { openWebkitWindow } from '../../tools/webkit-window.ts'
import type { Key, Visitor } from './visitor.ts'

/** A browser window of its own: WebKit keeps nothing of one session for the next. */
export interface WebkitVisitor extends Visitor {
  /** PNG of the window. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

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

/** Opens a window and its driver. */
export async function openWebkit(): Promise<WebkitVisitor> {
  const { send, run, close } = await openWebkitWindow()
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
    close,
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
