import type { Scene } from '#contract/events'
import type { Reason } from '#contract/rpc'

/**
 * Every text a shelf shows; pass some of them to `defineShelf` to translate or reword.
 * @public
 */
export type ShelfWords = {
  readonly headings: Readonly<Record<Scene, string>>
  /** Heading of a `for-you` shelf that knows nothing about the visitor yet. */
  readonly popular: string
  readonly empty: string
  readonly previous: string
  readonly next: string
  readonly options: (title: string) => string
  readonly why: string
  readonly like: string
  readonly dislike: string
  readonly hide: string
  /** Said to screen readers after an opinion. */
  readonly noted: string
  readonly reason: (reason: Reason) => string
}

export const ENGLISH: ShelfWords = {
  headings: {
    'for-you': 'For you',
    similar: 'Similar items',
    'because-you': 'Because of what you looked at',
    'bought-together': 'Often taken together',
    trending: 'Trending',
    fresh: 'New here',
    'recently-viewed': 'Recently viewed',
    rerank: 'For you',
  },
  popular: 'Popular now',
  empty: 'Nothing here yet.',
  previous: 'Back',
  next: 'Forward',
  options: (title) => `Options for ${title}`,
  why: 'Why this?',
  like: 'More like this',
  dislike: 'Less like this',
  hide: 'Hide',
  noted: 'Noted. The list has changed.',
  reason(reason) {
    if ('title' in reason) return reason.type === 'similar-to' ? `Like ${reason.title}` : `Because of ${reason.title}`
    if (reason.type === 'category') return `You like ${reason.category}`
    return { popular: 'Popular here', trending: 'Trending', new: 'New', explore: 'Something different' }[reason.type]
  },
}
