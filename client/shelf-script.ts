import type { Recommender } from './recommender.ts'
import { Shelf } from './shelf.ts'
import { chooseWords, readWords } from './words.ts'

/** `pocketshelf-shelf.js`: hands the shelf to the drop-in by its own script element, so that no global is needed. */
const script = document.currentScript
if (script) {
  const words = chooseWords(readWords())
  Object.assign(script, {
    makeShelf: (host: HTMLElement, recommender: Recommender) => new Shelf(host, recommender, words),
  })
}
