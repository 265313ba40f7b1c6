import type { PageSigns } from './options.ts'
import { readAnswer } from './storage-choice.ts'

/** What browsers offer beyond TypeScript's DOM types. */
type Hints = {
  readonly globalPrivacyControl?: boolean
  readonly doNotTrack?: string | null
  readonly connection?: { readonly saveData?: boolean; readonly type?: string; readonly effectiveType?: string }
}

/** Reads the surroundings of this page. */
export function readPageSigns(scriptUrl: string): PageSigns {
  const hints: Hints = navigator
  const coarse = matchMedia('(pointer: coarse)').matches
  const width = Math.min(screen.width, screen.height)
  return {
    pageUrl: document.baseURI,
    scriptUrl,
    locale: document.documentElement.lang || navigator.language,
    saveData: isDear(hints.connection),
    privacySignal: seesPrivacySignal(),
    device: !coarse ? 3 : width < 600 ? 1 : 2,
    storageAnswer: () => readAnswer(ownStore('localStorage')),
  }
}

/** Whether the browser asks now, by Global Privacy Control or Do Not Track, that nothing be sent. */
export function seesPrivacySignal({ globalPrivacyControl, doNotTrack }: Hints = navigator): boolean {
  return globalPrivacyControl === true || doNotTrack === '1'
}

/** The page's store; null where the browser refuses it. */
export function ownStore(name: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[name]
  } catch {
    return null
  }
}

/** Whether bytes cost the visitor money or patience: Save-Data, a mobile network, or one of its second generation's speed. */
function isDear({ saveData, type, effectiveType = '' }: NonNullable<Hints['connection']> = {}): boolean {
  return saveData === true || type === 'cellular' || effectiveType.endsWith('2g')
}

/** Whether the page runs on its developer's machine, where mistakes are explained in place. */
export function isLocalPage(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

let wasIdle = false

/** Resolves when the page is really being looked at, and not prerendered. */
export async function whenLookedAt(): Promise<void> {
  const page: Document & { readonly prerendering?: boolean } = document
  if (page.prerendering) await new Promise((done) => page.addEventListener('prerenderingchange', done, { once: true }))
}

/** Resolves when the page is really being looked at and has nothing better to do; at once where it was idle before. */
export async function whenIdle(): Promise<void> {
  if (wasIdle) return
  await whenLookedAt()
  await new Promise<unknown>((done) => {
    if ('requestIdleCallback' in window) requestIdleCallback(done, { timeout: 2000 })
    else setTimeout(done, 100) // Safari has no requestIdleCallback
  })
  wasIdle = true
}

/** Sets a performance mark once, so that anyone can measure from outside. */
export function markOnce(name: 'start' | 'first-list' | 'first-personal-list' | 'engines-ready'): void {
  const mark = `pocketshelf:${name}`
  if (performance.getEntriesByName(mark).length === 0) performance.mark(mark)
}
