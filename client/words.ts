import type { Scene } from '#contract/events'
import type { Reason } from '#contract/rpc'

/**
 * Every text a shelf shows, as plain data; give some of them to `defineShelf`, or to the drop-in in
 * `<script type="application/json" data-pocketshelf-words>`, to translate or reword. `{name}` stands for a title or a category.
 * @public
 */
export type ShelfWords = {
  readonly headings: Readonly<Record<Scene, string>>
  /** Heading of a `for-you` shelf that knows nothing about the visitor yet. */
  readonly popular: string
  /** What a shelf without items says. */
  readonly empty: Readonly<Record<Scene, string>>
  readonly previous: string
  readonly next: string
  readonly more: string
  readonly options: string
  readonly why: string
  readonly like: string
  readonly dislike: string
  readonly hide: string
  /** Said to screen readers after an opinion. */
  readonly noted: string
  readonly reasons: Readonly<Record<Reason['type'], string>>
}

/** Some of the words; within a group the others stay English.
 * @public
 */
export type SomeWords = { readonly [K in keyof ShelfWords]?: Partial<ShelfWords[K]> }

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
  empty: {
    'for-you': 'Nothing to suggest here yet.',
    similar: 'Nothing here is like it yet.',
    'because-you': 'Look at something, and more like it appears here.',
    'bought-together': 'Nobody has taken anything with it yet.',
    trending: 'Nothing stands out at the moment.',
    fresh: 'Nothing new since your last visit.',
    'recently-viewed': 'What you look at appears here, on this device only.',
    rerank: 'Nothing to put in order.',
  },
  previous: 'Back',
  next: 'Forward',
  more: 'Show more',
  options: 'Options for {name}',
  why: 'Why this?',
  like: 'More like this',
  dislike: 'Less like this',
  hide: 'Hide',
  noted: 'Noted. The list has changed.',
  reasons: {
    'because-you': 'Because of {name}',
    'similar-to': 'Like {name}',
    category: 'You like {name}',
    popular: 'Popular here',
    trending: 'Trending',
    new: 'New',
    explore: 'Something different',
  },
}

/** The page's own words as it wrote them; nothing where it wrote none, or broken JSON. */
export function readWords(): unknown {
  try {
    return JSON.parse(document.querySelector('script[data-pocketshelf-words]')?.textContent ?? '{}')
  } catch {
    return {}
  }
}

/** English with the given words in its place; what is not a text is left out, whoever wrote it. */
export function chooseWords(given: unknown): ShelfWords {
  return overlay(ENGLISH, given) as ShelfWords // same keys, same kinds
}

/** Puts a reason into words. */
export function wordReason({ reasons }: ShelfWords, reason: Reason): string {
  const name = 'title' in reason ? reason.title : reason.type === 'category' ? reason.category : ''
  return fillIn(reasons[reason.type], name)
}

/** Puts a name where a text says `{name}`. */
export function fillIn(text: string, name: string): string {
  return text.split('{name}').join(name)
}

function overlay(base: object, given: unknown): object {
  const wanted: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {}
  return Object.fromEntries(
    Object.entries(base).map(([key, value]) => {
      if (typeof value === 'object') return [key, overlay(value, wanted[key])]
      return [key, typeof wanted[key] === 'string' ? wanted[key] : value]
    }),
  )
}
