import type { Recommender } from './recommender.ts'
import { PageWatcher } from './watch-page.ts'

/** Reads the page from now on, for as long as it lives. */
export type WatchPage = (recommender: Recommender) => void

/** `pocketshelf-watch.js`: handed over by its own script element, like the shelf. */
const script = document.currentScript
if (script) {
  const watchPage: WatchPage = (recommender) => {
    new PageWatcher(recommender)
  }
  Object.assign(script, { watchPage })
}
