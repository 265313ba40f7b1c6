import { defineElement } from './element.ts'
import type { RecommenderOptions } from './options.ts'
import { createRecommenderAt, type Recommender } from './recommender.ts'
import { Shelf } from './shelf.ts'
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
export type { Beliefs } from './beliefs.ts'
export type { RecommenderOptions, Settings } from './options.ts'
export type { Recommender } from './recommender.ts'
export type { ShelfWords, SomeWords } from './words.ts'

/**
 * Creates the recommender of this page. The worker starts with the first call, once the page is idle. Wrong options do not
 * throw: every call then rejects with `config-invalid`.
 * @public
 */
export function createRecommender(options: RecommenderOptions): Recommender {
  return createRecommenderAt(options, import.meta.url)
}

/**
 * Defines `<pocket-shelf>` for this page; does nothing where the name is taken.
 * @param words - Texts that replace the English ones.
 * @public
 */
export function defineShelf(recommender: Recommender, words: SomeWords = {}): void {
  const texts = chooseWords(words)
  const make = (host: HTMLElement, source: Recommender) => new Shelf(host, source, texts)
  defineElement(recommender, () => Promise.resolve(make))
}
