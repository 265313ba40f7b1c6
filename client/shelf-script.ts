import type { Recommender } from './recommender.ts'
import { Shelf } from './shelf.ts'
import { chooseWords, type ShelfWords } from './words.ts'

/** `pocketshelf-shelf.js`: hands the shelf to the drop-in by its own script element, so that no global is needed. */
const script = document.currentScript
if (script) {
  const words = readWords()
  Object.assign(script, {
    makeShelf: (host: HTMLElement, recommender: Recommender) => new Shelf(host, recommender, words),
  })
}

/** The page's own words; broken JSON leaves the English ones. */
function readWords(): ShelfWords {
  try {
    return chooseWords(JSON.parse(document.querySelector('script[data-pocketshelf-words]')?.textContent ?? '{}'))
  } catch {
    return chooseWords({})
  }
}
