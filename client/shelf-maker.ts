import type { ShelfMaker } from './element.ts'
import css from './shelf.css?inline'
import { Shelf } from './shelf.ts'
import { createPriceFormat, type PriceFormat } from './shelf-card.ts'
import { createTurns, nextFrame, type TakeTurn } from './turns.ts'
import type { ShelfWords } from './words.ts'

/** What all shelves of a page have in common. */
export type ShelfKit = {
  readonly words: ShelfWords
  readonly sheet: CSSStyleSheet
  readonly formatPrice: PriceFormat
  readonly takeTurn: TakeTurn
}

/** Makes the shelves of this page: they share texts, one parsed sheet, one way of writing prices, and turns to draw. */
export function createShelfMaker(words: ShelfWords): ShelfMaker {
  const sheet = new CSSStyleSheet() // constructed sheets are not subject to a page's style-src
  sheet.replaceSync(css)
  const formatPrice = createPriceFormat(document.documentElement.lang)
  const kit: ShelfKit = { words, sheet, formatPrice, takeTurn: createTurns() }
  // A browser's first format takes longer than the cards of a list (10 ms where they take 3): not in their task.
  void nextFrame().then(() => formatPrice(0, 'EUR'))
  return (host, recommender) => new Shelf(host, recommender, kit)
}
