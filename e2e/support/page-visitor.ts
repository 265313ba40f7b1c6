import type { Browser, Page } from '@playwright/test'
import type { BrowserName, MainTask, Visitor } from './visitor.ts'

/** A visitor in a browser that Playwright drives. */
export function pageVisitor(page: Page, browser: BrowserName): Visitor {
  const engine = page.context().browser()
  return {
    browser,
    goto: async (url) => {
      await page.goto(url)
    },
    // Playwright would pass one argument only; the text of the call carries all of them.
    evaluate: <A extends readonly unknown[], R>(run: (...args: A) => R | Promise<R>, ...args: A) =>
      page.evaluate<R>(callText(run.toString(), args)),
    async click(find, ...args) {
      const found = await page.waitForFunction<Element | null>(callText(find.toString(), args))
      await found.asElement()?.click()
    },
    press: (key) => page.keyboard.press(key),
    async picture(find) {
      const found = await page.waitForFunction<Element | null>(callText(find.toString(), []))
      return (await found.asElement()?.screenshot({ animations: 'disabled' })) ?? Buffer.alloc(0)
    },
    ...(browser === 'chromium' && engine !== null ? { tasks: (run) => measureTasks(engine, page, run) } : {}),
  }
}

function callText(source: string, args: readonly unknown[]): string {
  return `(${source})(...${JSON.stringify(args)})`
}

/** The fields of Chromium's trace events that are read here; times in microseconds. */
type TraceEvent = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

async function measureTasks(engine: Browser, page: Page, run: () => Promise<void>): Promise<readonly MainTask[]> {
  await engine.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  await run()
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse((await engine.stopTracing()).toString())
  const main = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const isMain = (event: TraceEvent) => main.some(({ pid, tid }) => pid === event.pid && tid === event.tid)
  const events = traceEvents.filter(isMain)
  const tasks = events.filter(({ name, tdur }) => /RunTask$/.test(name) && tdur !== undefined)
  return tasks.map((task) => {
    const end = task.ts + (task.dur ?? 0)
    const inside = events.filter((event) => event !== task && event.ts >= task.ts && event.ts < end && event.tdur)
    const longest = inside.sort((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0)).slice(0, 6)
    return {
      cpuMs: (task.tdur ?? 0) / 1_000,
      parts: longest.map(({ name, tdur = 0 }) => `${name} ${Math.round(tdur / 1_000)}`).join(', '),
    }
  })
}
