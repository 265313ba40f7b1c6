import { startAutoTrack } from './auto-track.ts'
import { defineElement, type ShelfMaker } from './element.ts'
import { loadShelf } from './load-shelf.ts'
import type { RecommenderOptions } from './options.ts'
import { whenIdle } from './page-signs.ts'
import { createRecommenderAt } from './recommender.ts'
import { createTrust } from './trust.ts'

declare const __POCKETSHELF_INTEGRITY__: Readonly<Record<'worker' | 'shelf', string>>

const script = document.currentScript
if (script instanceof HTMLScriptElement) {
  const { dataset } = script
  const options: object = { ...dataset, site: dataset.site ?? '', keys: dataset.keys ?? '' }
  const trust = createTrust()
  const recommender = createRecommenderAt(options as RecommenderOptions, script.src, trust) // resolveOptions checks every value
  Object.assign(window, { pocketshelf: recommender })
  let maker: Promise<ShelfMaker> | null = null
  defineElement(recommender, () => {
    maker ??= whenIdle().then(() => {
      void recommender.status().catch(() => undefined) // the worker starts while the shelf's script is on its way; its lists tell what failed
      return loadShelf(script, __POCKETSHELF_INTEGRITY__.shelf, trust)
    })
    return maker
  })
  if (dataset.track !== 'manual') startAutoTrack(recommender) // at once: a quick visitor's first click counts too
}
