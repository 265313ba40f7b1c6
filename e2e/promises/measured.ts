import { expect } from '@playwright/test'
import { headingText, type Promised, scriptTag, shownIds } from './scene.ts'

const NO_TASK_TIMES = 'its drivers do not tell how long tasks of the main thread take'

/** What is measured on the page's main thread, where a recording of the test would be measured too. */
export const MEASURED_PROMISES: readonly Promised[] = [
  {
    sentence: 'Nothing of ours keeps the page busy for more than 50 milliseconds.',
    except: { firefox: NO_TASK_TIMES, webkit: NO_TASK_TIMES },
    async keep({ visitor, demo, host }) {
      const shelves = ['for-you', 'trending', 'fresh'].map(
        (scene) => `<pocket-shelf scene="${scene}" count="12"></pocket-shelf>`,
      )
      const rows = Array.from({ length: 3_000 }, (_, i) => `<p data-item-id="row-${i}">An item of the page.</p>`)
      const reserve = '<style>pocket-shelf { display: block; min-block-size: 26rem }</style>'
      const page = await host(`${reserve}${shelves.join('')}${rows.join('')}`)
      const load = async () => {
        await visitor.goto('about:blank')
        await visitor.goto(page.url)
        // What 3,000 rows cost to parse and to lay out is the page's own; from here on everything is ours.
        await visitor.evaluate(async () => {
          for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
        })
        const tasks = await visitor.tasks?.(async () => {
          await visitor.evaluate((tag) => {
            document.body.append(document.createRange().createContextualFragment(tag))
          }, scriptTag(demo))
          await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(12)
          await visitor.evaluate(() => {
            addEventListener('rec-click', (event) => event.preventDefault())
          })
          await visitor.click(() => document.querySelector('pocket-shelf')?.shadowRoot?.querySelector('a.card'))
          await expect.poll(() => visitor.evaluate(headingText)).toBe('For you')
          const engines = () => performance.getEntriesByName('pocketshelf:engines-ready').length
          await expect.poll(() => visitor.evaluate(engines), { timeout: 60_000 }).toBe(1)
        })
        expect(tasks?.length).toBeGreaterThan(10)
        return tasks?.filter(({ cpuMs }) => cpuMs > 50) ?? []
      }
      // A task of ours that is long is long in both loads; what a busy machine does to one of them is not.
      const isLong = (await load()).length > 0
      expect(isLong ? await load() : []).toEqual([])
    },
  },
]
