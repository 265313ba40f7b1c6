import { BUILT_FILES } from '#contract/rpc'
import { askWhenWorthwhile } from './ask-before-keeping.ts'
import { startAutoTrack } from './auto-track.ts'
import { defineElement, type ShelfMaker } from './element.ts'
import { loadPart } from './load-part.ts'
import type { RecommenderOptions } from './options.ts'
import { whenLookedAt } from './page-signs.ts'
import { createRecommenderAt, type ProfileText } from './recommender.ts'
import { createTrust } from './trust.ts'
import { watchForInspector } from './watch-inspector.ts'

type PartName = 'shelf' | 'inspector' | 'watch' | 'ask' | 'profile'

declare const __POCKETSHELF_INTEGRITY__: Readonly<Record<PartName, string>>

const script = document.currentScript
if (script instanceof HTMLScriptElement) {
  const { dataset, src, nonce } = script
  const options: object = { ...dataset, site: dataset.site ?? '', keys: dataset.keys ?? '' }
  const trust = createTrust()
  const part = (name: PartName) => ({
    url: new URL(BUILT_FILES[name], src).href,
    integrity: __POCKETSHELF_INTEGRITY__[name],
    nonce,
    trust,
  })
  const profileText = () => loadPart<ProfileText>(part('profile'), 'profileText')
  const recommender = createRecommenderAt(options as RecommenderOptions, src, { trust, nonce, profileText }) // resolveOptions checks every value
  Object.assign(window, { pocketshelf: recommender })
  let maker: Promise<ShelfMaker> | null = null
  defineElement(recommender, () => {
    if (!maker) {
      // As soon as anybody can look: it may have a list of the page before to show.
      maker = whenLookedAt().then(() => loadPart<ShelfMaker>(part('shelf'), 'makeShelf'))
      void recommender.status().catch(() => undefined) // the worker starts when the page is idle, with or without that script; its lists tell what failed
    }
    return maker
  })
  if (dataset.track !== 'manual') startAutoTrack(recommender, part('watch')) // at once: a quick visitor's first click counts too
  if (dataset.storage === 'ask') askWhenWorthwhile(recommender, part('ask'))
  watchForInspector(recommender, part('inspector'))
}
