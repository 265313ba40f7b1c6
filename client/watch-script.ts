import type { Placer } from './markup-events.ts'
import type { Recommender } from './recommender.ts'
import { PageWatcher } from './watch-page.ts'

/** Reads the page from now on, for as long as it lives; what it returns knows the places of the page's own elements. */
export type WatchPage = (recommender: Recommender) => Placer

/** `pocketshelf-watch.js`: handed over by its own script element, like the shelf. */
const script = document.currentScript
if (script) {
  const watchPage: WatchPage = (recommender) => {
    const watcher = new PageWatcher(recommender)
    return (element) => watcher.placeOf(element)
  }
  Object.assign(script, { watchPage })
}
