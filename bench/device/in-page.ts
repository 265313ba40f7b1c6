/**
 * Functions that run inside the page of the bench: Playwright sends their text, so they use nothing of this file and import nothing but types.
 */
import type { RecommendReply, TrackInput } from '#contract/rpc'

/** The recommender that the drop-in script puts on the page, as far as the bench uses it. */
type PageApi = {
  recommend(request: { scene: 'for-you'; count: number }): Promise<RecommendReply>
  track(events: readonly TrackInput[]): Promise<number>
  forget(): Promise<null>
  status(): Promise<{ readonly residentItems: number; readonly residentCells: number; readonly totalCells: number }>
}

declare global {
  interface Window {
    readonly pocketshelf: PageApi
  }
}

/** One call as the page saw it. */
export type Sample = {
  /** From the call to the resolved promise. */
  readonly totalMs: number
  readonly timings: RecommendReply['timings']
  readonly ranker: RecommendReply['ranker']
  readonly retriever: readonly string[]
  readonly candidates: number
  readonly items: number
}

/** For each history: forgets the last, tells it, and measures one answer. @param histories - Text ids, oldest first. */
export async function measureRecommend(histories: readonly (readonly string[])[]): Promise<Sample[]> {
  const { pocketshelf } = window
  const samples: Sample[] = []
  for (const history of histories) {
    await pocketshelf.forget()
    const now = Date.now()
    await pocketshelf.track(
      history.map((item, i) => ({ type: 'click', item, at: now - (history.length - i) * 60_000 }) as const),
    )
    const start = performance.now()
    const reply = await pocketshelf.recommend({ scene: 'for-you', count: 20 })
    const totalMs = performance.now() - start
    const { timings, ranker, retriever, candidates } = reply
    samples.push({ totalMs, timings, ranker, retriever, candidates, items: reply.items.length })
  }
  return samples
}

/** Clicks items one after the other and waits each time until the shelf's new list has been painted. @returns Milliseconds each. */
export async function measureClicks(items: readonly string[]): Promise<number[]> {
  const frame = () => new Promise((painted) => requestAnimationFrame(painted))
  const painted = async () => {
    await frame() // its callbacks run before this paint
    await new Promise((sent) => {
      const channel = new MessageChannel()
      channel.port1.onmessage = sent
      channel.port2.postMessage(null) // a task of its own comes after the paint
    })
  }
  const shelf = document.querySelector('pocket-shelf')
  const times: number[] = []
  for (const item of items) {
    await painted()
    await painted()
    const start = performance.now()
    const listed = new Promise((heard) => shelf?.addEventListener('rec-list', heard, { once: true }))
    void window.pocketshelf.track([{ type: 'click', item }])
    await listed
    await painted()
    times.push(performance.now() - start)
  }
  return times
}

/** Waits until the page's marks are there. @returns Milliseconds since the navigation began, and that moment as a time of day. */
export async function readMarks(names: readonly string[]): Promise<{ origin: number; marks: Record<string, number> }> {
  const marks: Record<string, number> = {}
  for (const name of names) {
    const full = `pocketshelf:${name}`
    for (let entry = performance.getEntriesByName(full)[0]; marks[name] === undefined; ) {
      if (entry !== undefined) marks[name] = entry.startTime
      else {
        await new Promise((later) => setTimeout(later, 5))
        entry = performance.getEntriesByName(full)[0]
      }
    }
  }
  return { origin: performance.timeOrigin, marks }
}

/** Waits until the worker answers. @returns Milliseconds since the navigation began. */
export async function workerAnswers(): Promise<number> {
  await window.pocketshelf.recommend({ scene: 'for-you', count: 20 })
  return performance.now()
}

/** Waits until every cell of the release is on the device. @returns Resident items. */
export async function allResident(): Promise<number> {
  for (;;) {
    const status = await window.pocketshelf.status()
    if (status.totalCells > 0 && status.residentCells === status.totalCells) return status.residentItems
    await new Promise((later) => setTimeout(later, 50))
  }
}
