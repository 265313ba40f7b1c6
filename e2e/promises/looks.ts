import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { type Scene, scriptTag, shownIds } from './scene.ts'

/**
 * Fonts differ from machine to machine, so letters are drawn as boxes in their own colour: the picture has sizes, places, colours and covers,
 * and nothing of a typeface. Lists of a model differ from training to training, so the shelf shows what was looked at, in a fixed order.
 */
const STYLE = `<style>
  body { margin: 0 }
  main { background: light-dark(#fff, #17151b); block-size: 19rem; box-sizing: border-box; font: 16px/1.4 sans-serif; inline-size: 22rem; overflow: hidden; padding: 1rem }
  pocket-shelf { --pocketshelf-card-width: 5.5rem; -webkit-text-fill-color: transparent }
  pocket-shelf::part(menu-button) { opacity: 1 }
  pocket-shelf::part(heading) { background: currentcolor; block-size: 1.3em; inline-size: 7em; overflow: hidden }
  pocket-shelf::part(title), pocket-shelf::part(price), pocket-shelf::part(reason) { background: currentcolor }
</style>`

const LOOKS = [
  { name: 'light', colorScheme: 'light', dir: 'ltr' },
  { name: 'dark', colorScheme: 'dark', dir: 'ltr' },
  { name: 'right-to-left', colorScheme: 'light', dir: 'rtl' },
] as const

const ITEMS = 5

/** Pictures of one shelf beside those that are kept for this browser; a failure leaves both and their difference in `test-results/`. */
export async function compareLooks({ visitor, small, host }: Scene): Promise<void> {
  const shelf = `<main><pocket-shelf scene="recently-viewed" count="${ITEMS}"></pocket-shelf></main>`
  const page = await host(STYLE + shelf + scriptTag(small, 'data-storage="memory"'))
  const lines = readFileSync(join(small.site.prepared.shop, 'items.csv'), 'utf8').split('\n')
  const items = lines.slice(1, ITEMS + 1).map((line) => line.slice(0, line.indexOf(',')))
  await visitor.goto(page.url)
  await expect.poll(() => visitor.evaluate(() => 'pocketshelf' in window)).toBe(true)
  await visitor.evaluate(async (items: readonly string[]) => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const now = Date.now()
    await pocketshelf.track(items.map((item, place) => ({ type: 'view', item, at: now - place * 60_000 })))
  }, items)
  await expect.poll(() => visitor.evaluate(shownIds)).toEqual(items)
  for (const { name, colorScheme, dir } of LOOKS) {
    await visitor.evaluate(
      async (colorScheme: string, dir: string) => {
        document.documentElement.style.colorScheme = colorScheme
        document.documentElement.dir = dir
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
      },
      colorScheme,
      dir,
    )
    const picture = await visitor.picture(() => document.querySelector('main'))
    expect.soft(picture, name).toMatchSnapshot(`shelf-${name}.png`, { maxDiffPixelRatio: 0.01, threshold: 0.15 })
  }
}
