import type { Recommender } from '../recommender.ts'
import { readWords } from '../words.ts'
import { type AskWords, askToKeep } from './ask-panel.ts'

/** Asks the visitor of a page; words that are given go before those of the page. */
export type AskToKeep = (recommender: Recommender, words?: Partial<AskWords>) => void

/** `pocketshelf-ask.js`: handed over by its own script element, like the shelf. */
const script = document.currentScript
if (script) {
  const ask: AskToKeep = (recommender, words) => askToKeep(recommender, words ?? askWords(readWords()))
  Object.assign(script, { askToKeep: ask })
}

/** The texts under `ask`; what is not a text is left out. */
function askWords(words: unknown): Partial<AskWords> {
  const given = Object(Object(words).ask) as Readonly<Record<string, unknown>> // whatever the page wrote
  return Object.fromEntries(Object.entries(given).filter(([, text]) => typeof text === 'string'))
}
