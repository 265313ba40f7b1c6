/** Browsers in which promises are kept. */
export const BROWSERS = ['chromium', 'firefox', 'webkit'] as const

export type BrowserName = (typeof BROWSERS)[number]

/** Keys that tests press. */
export type Key = 'Tab' | 'Enter' | 'Escape' | 'ArrowLeft' | 'ArrowRight' | 'ArrowDown'

/** A person with one tab in one of three browsers, driven by Playwright or by WebDriver: the part that both can do. */
export interface Visitor {
  readonly browser: BrowserName
  goto(url: string): Promise<void>
  /** Runs a function in the page; it must not use anything outside itself. */
  evaluate<A extends readonly unknown[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R>
  /** Clicks, as a mouse does, the element that a function of the page finds; waits until there is one. */
  click<A extends readonly unknown[]>(find: (...args: A) => Element | null | undefined, ...args: A): Promise<void>
  press(key: Key): Promise<void>
  /** PNG of the element that a function of the page finds. */
  picture(find: () => Element | null): Promise<Buffer>
  /** Tasks of the page's main thread while something runs, where the browser can tell. */
  tasks?(run: () => Promise<void>): Promise<readonly MainTask[]>
}

/** One task of the main thread. */
export type MainTask = {
  /** Time on the processor, ms: other programs of the machine do not count. */
  readonly cpuMs: number
  /** Longest parts of it, for a message. */
  readonly parts: string
}
