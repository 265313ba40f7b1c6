import { createMemoryFeedback } from '#worker/core/feedback/memory-store'
import type { EngineDeps, TabMessage } from './deps.ts'
import { createIdbFeedback } from './feedback/idb-store.ts'
import { createCacheLists } from './store/cache-lists.ts'
import { createIdbProfile } from './store/idb-profile.ts'
import { createIdbShards } from './store/idb-shards.ts'
import { createMemoryProfile } from './store/memory-profile.ts'
import { createMemoryShards } from './store/memory-shards.ts'

/** Hashes of the engine files by name; written by the build, absent in tests of the sources. */
declare const __ENGINE_INTEGRITY__: Readonly<Record<string, string>>

/** The engine's world in a browser's worker (or page). */
export function createBrowserDeps(): EngineDeps {
  const { navigator } = globalThis
  return {
    isPage: true,
    seesPrivacySignal: () => seesPrivacySignal(navigator),
    fetch: (url, init) => fetch(url, { ...init, integrity: integrityOf(url) }),
    nowMs: () => Date.now(),
    tzOffsetMin: (atMs) => -new Date(atMs).getTimezoneOffset(),
    monotonicMs: () => performance.now(),
    random: uniform,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    subtle: crypto.subtle as SubtleCrypto | undefined, // absent outside secure contexts, whatever the types say
    openStores: (name, storage) =>
      storage === 'persistent'
        ? {
            shards: createIdbShards(`pocketshelf:shards:${name}`),
            profile: createIdbProfile(`pocketshelf:profile:${name}`),
            feedback: createIdbFeedback(`pocketshelf:feedback:${name}`),
            lists: createCacheLists(`pocketshelf:lists:${name}`),
          }
        : { shards: createMemoryShards(), profile: createMemoryProfile(), feedback: createMemoryFeedback() },
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    exclusive,
    openChannel,
    importModule,
    deviceMemoryGb: memoryHint(navigator),
    cores: navigator.hardwareConcurrency ?? 1,
    log: () => undefined,
  }
}

/** Runs alone under a lock; where locks are absent or refused (a frame without an origin) just runs. */
async function exclusive<T>(name: string, run: () => Promise<T>): Promise<T> {
  const { locks }: { locks?: LockManager } = navigator
  let isHeld = false
  try {
    if (locks === undefined) return await run()
    return await locks.request(name, () => {
      isHeld = true
      return run()
    })
  } catch (thrown) {
    if (isHeld || locks === undefined) throw thrown
    return run()
  }
}

function integrityOf(url: string): string {
  const hashes = typeof __ENGINE_INTEGRITY__ === 'undefined' ? {} : __ENGINE_INTEGRITY__
  return hashes[new URL(url).pathname.split('/').at(-1) ?? ''] ?? ''
}

/** Imports have no integrity of their own: the file is fetched with it first, and comes from the cache the second time. */
async function importModule(url: string): Promise<unknown> {
  const integrity = integrityOf(url)
  if (integrity !== '')
    await fetch(url, { integrity, mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' })
  return import(/* @vite-ignore */ url)
}

/** 53 random bits as a fraction. */
function uniform(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53
}

/** What this thread is told; Do Not Track is for pages only, Global Privacy Control in some browsers too. */
function seesPrivacySignal(navigator: object): boolean {
  const { globalPrivacyControl, doNotTrack }: { globalPrivacyControl?: boolean; doNotTrack?: string | null } = navigator
  return globalPrivacyControl === true || doNotTrack === '1'
}

function memoryHint(navigator: object): number | undefined {
  return 'deviceMemory' in navigator && typeof navigator.deviceMemory === 'number' ? navigator.deviceMemory : undefined
}

/** Talks to other tabs; to nobody where there are no channels, or where Firefox refuses them together with cookies. */
function openChannel(name: string, receive: (message: TabMessage) => void): ReturnType<EngineDeps['openChannel']> {
  try {
    const channel = new BroadcastChannel(name)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isTabMessage(data)) receive(data)
    }
    return { post: (message) => channel.postMessage(message), close: () => channel.close() }
  } catch {
    return { post: () => undefined, close: () => undefined }
  }
}

function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false
  return data.type === 'release' || data.type === 'profile' || data.type === 'forget'
}
