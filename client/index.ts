import { BUILT_FILES } from '#contract/rpc'
import type { AskWords } from './ask/ask-panel.ts'
import { askWhenWorthwhile } from './ask-before-keeping.ts'
import { defineElement, type ShelfMaker } from './element.ts'
import type { Part } from './load-part.ts'
import type { RecommenderOptions } from './options.ts'
import { readProfile, writeProfile } from './profile-text.ts'
import { createRecommenderAt, type Recommender } from './recommender.ts'
import { createShelfMaker } from './shelf-maker.ts'
import { createTrust } from './trust.ts'
import { watchForInspector } from './watch-inspector.ts'
import { chooseWords, type SomeWords } from './words.ts'

export type { Card } from '#contract/cards'
export { type ErrorCode, type ErrorDetail, RecError, type WireError } from '#contract/errors'
export type { EventType, Scene } from '#contract/events'
export type {
  CardView,
  CategoryCount,
  ConsentMode,
  ConsentRecord,
  EngineStatus,
  Explanation,
  FeedbackStatus,
  ForgetOptions,
  GraphChoice,
  Inspection,
  Preferences,
  ProfileExport,
  RankerChoice,
  Reason,
  RecommendedItem,
  RecommendReply,
  RecommendRequest,
  SearchReply,
  SearchRequest,
  StorageMode,
  TierName,
  Timings,
  TrackInput,
  Verdict,
} from '#contract/rpc'
export type { AskWords } from './ask/ask-panel.ts'
export type { Beliefs } from './beliefs.ts'
export type { RecommenderOptions, Settings } from './options.ts'
export type { ProfileTextOptions } from './profile-text.ts'
export type { ProfileChange, Recommender } from './recommender.ts'
export type { StorageChoice } from './storage-choice.ts'
export type { ShelfWords, SomeWords } from './words.ts'

declare const __POCKETSHELF_INTEGRITY__: Readonly<Record<'inspector' | 'ask', string>>

/**
 * Creates the recommender of this page. The worker starts with the first call, once the page is idle. Wrong options do not
 * throw: every call then rejects with `config-invalid`.
 * @public
 */
export function createRecommender(options: RecommenderOptions): Recommender {
  const profileText = () => Promise.resolve({ readProfile, writeProfile })
  return createRecommenderAt(options, import.meta.url, { trust: createTrust(), nonce: '', profileText })
}

/**
 * Opens the inspector on Alt+Shift+P and where the address has `?pocketshelf-inspector`; its script is loaded then, from beside the worker.
 * @public
 */
export function enableInspector(recommender: Recommender): void {
  const part = latePart(recommender, 'inspector')
  if (part) watchForInspector(recommender, part)
}

/**
 * Asks the visitor whether this browser may keep anything, once there is something to keep; for `storage: 'ask'`. A page with a question
 * of its own calls `recommender.storage.choose` instead.
 * @param words - Texts that replace the English ones.
 * @public
 */
export function askBeforeKeeping(recommender: Recommender, words: Partial<AskWords> = {}): void {
  const part = latePart(recommender, 'ask')
  if (part) askWhenWorthwhile(recommender, part, words)
}

/** A script beside the worker; null where the options are wrong, which the shelves tell. */
function latePart({ settings }: Recommender, name: 'inspector' | 'ask'): Part | null {
  if ('code' in settings) return null
  const url = new URL(BUILT_FILES[name], settings.workerUrl).href
  return { url, integrity: __POCKETSHELF_INTEGRITY__[name], nonce: '', trust: createTrust() }
}

/**
 * Defines `<pocket-shelf>` for this page; does nothing where the name is taken.
 * @param words - Texts that replace the English ones.
 * @public
 */
export function defineShelf(recommender: Recommender, words: SomeWords = {}): void {
  const texts = chooseWords(words)
  let maker: ShelfMaker | null = null // made with the first element: on a server there is none
  defineElement(recommender, async () => {
    maker ??= createShelfMaker(texts)
    return maker
  })
}
