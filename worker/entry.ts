import { expose } from 'comlink'
import type { EngineOptions } from '#contract/rpc'
import { refreshInBackground } from './background.ts'
import { createBrowserDeps } from './browser-deps.ts'
import { createEngine } from './engine.ts'

/** ONNX Runtime starts its threads from the worker's own file under this name; they must not become engines. */
const THREAD_NAME = 'em-pthread'

/** Makes an engine. @returns The port that comlink reaches it by, and what ends it. */
function openEngine(): { readonly port: MessagePort; readonly stop: () => Promise<unknown> } {
  const { port1, port2: port } = new MessageChannel()
  const engine = createEngine(createBrowserDeps())
  expose(engine, port1)
  return { port, stop: () => engine.stop() }
}

/**
 * Hands the port over, and says when a lock of the worker's own name is held: the browser gives the lock to the page that waits for it when the
 * worker dies, and nothing else tells of that.
 */
function announce(): void {
  const { port } = openEngine()
  self.postMessage(false, [port])
  const { locks }: { locks?: LockManager } = navigator
  const hold = (): Promise<never> => {
    self.postMessage(true)
    return new Promise(() => undefined)
  }
  locks?.request(self.name, hold).catch(() => undefined) // refused in a frame without an origin
}

/** A service worker that imports this file gets one function: `pocketshelf.refresh(settings.engine)`. */
function serveServiceWorker(): void {
  const refresh = (options: EngineOptions) => refreshInBackground(createBrowserDeps(), options)
  Object.assign(self, { pocketshelf: { refresh } })
}

/** Where a page may have no worker it loads this file as a script of its own, and takes the engine from the script's element. */
const { document }: { document?: { readonly currentScript: object | null } } = globalThis as object
if (document !== undefined) Object.assign(document.currentScript ?? {}, { openEngine })
else if ('registration' in self) serveServiceWorker()
else if (self.name !== THREAD_NAME) announce()
