import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'

export type LayoutName = Config['input']['layout']

/** Column names of an interactions file by meaning; undefined where the file has none. */
export type LogColumnNames = {
  readonly user: string
  readonly item: string
  readonly timestamp: string | undefined
  readonly event: string | undefined
  /** Money of the event. */
  readonly value: string | undefined
  /** A rating, compared with `input.minRating`. */
  readonly rating: string | undefined
}

/** Column names of an items file by meaning. */
export type ItemColumnNames = {
  readonly [K in
    | 'title'
    | 'category'
    | 'url'
    | 'image'
    | 'price'
    | 'createdAt'
    | 'tags'
    | 'available'
    | 'year'
    | 'authors']: string | undefined
} & { readonly id: string }

const LOG_NAMES = {
  user: ['user_id', 'userid', 'user', 'uid', 'visitor_id', 'visitorid'],
  item: ['item_id', 'itemid', 'item', 'iid', 'product_id', 'productid', 'movieid', 'movie_id', 'book_id'],
  timestamp: ['timestamp', 'time', 'ts', 'at', 'event_time', 'datetime', 'date', 'unixreviewtime'],
  event: ['event', 'event_type', 'action', 'behavior', 'behaviour'],
  value: ['value', 'revenue', 'amount'],
  rating: ['rating', 'stars', 'overall'],
} as const

const ITEM_NAMES = {
  id: ['item_id', 'itemid', 'item', 'id', 'product_id', 'productid', 'movieid', 'movie_id', 'book_id'],
  title: ['title', 'name', 'product_name'],
  category: ['category', 'category_name', 'categories'],
  url: ['url', 'link'],
  image: ['image', 'image_url', 'thumbnail'],
  price: ['price'],
  createdAt: ['created_at', 'createdat', 'published_at', 'added_at', 'release_date'],
  tags: ['tags', 'genres', 'keywords'],
  available: ['available', 'in_stock', 'availability'],
  year: ['year', 'original_publication_year'],
  authors: ['authors', 'author', 'creator', 'brand'],
} as const

/**
 * Finds the columns of an interactions file: exact spelling first, then letter case and common other names.
 * @throws RecError `input-malformed` when no user or item column is there, naming the columns that are.
 */
export function resolveLogColumns(columns: readonly string[], layout: LayoutName, file: string): LogColumnNames {
  const find = (names: readonly string[]) => findColumn(columns, names)
  const user = layout === 'movielens' ? find(['userid', 'user_id']) : find(LOG_NAMES.user)
  const item = find(
    layout === 'movielens' ? ['movieid', 'movie_id'] : layout === 'goodbooks' ? ['book_id'] : LOG_NAMES.item,
  )
  if (user === undefined || item === undefined) {
    const missing = user === undefined ? 'user_id' : 'item_id'
    const message = `${file}: no column "${missing}" for layout ${layout}; columns are: ${columns.slice(0, 20).join(', ')}`
    throw new RecError('input-malformed', message, { columns: columns.length })
  }
  const rest = { timestamp: find(LOG_NAMES.timestamp), event: find(LOG_NAMES.event), value: find(LOG_NAMES.value) }
  return { user, item, ...rest, rating: find(LOG_NAMES.rating) }
}

/**
 * Finds the columns of an items file. Goodbooks' image addresses are left out on purpose: that host must not be asked.
 * @throws RecError `input-malformed` when there is no id column.
 */
export function resolveItemColumns(columns: readonly string[], layout: LayoutName, file: string): ItemColumnNames {
  const find = (names: readonly string[]) => findColumn(columns, names)
  const id = find(ITEM_NAMES.id)
  if (id === undefined) {
    throw new RecError(
      'input-malformed',
      `${file}: no column "item_id"; columns are: ${columns.slice(0, 20).join(', ')}`,
    )
  }
  const known = layout === 'goodbooks' || (id === 'book_id' && columns.includes('goodreads_book_id'))
  return {
    id,
    title: find(ITEM_NAMES.title),
    category: find(ITEM_NAMES.category),
    url: find(ITEM_NAMES.url),
    image: known ? undefined : find(ITEM_NAMES.image),
    price: find(ITEM_NAMES.price),
    createdAt: find(ITEM_NAMES.createdAt),
    tags: find(ITEM_NAMES.tags),
    available: find(ITEM_NAMES.available),
    year: find(ITEM_NAMES.year),
    authors: find(ITEM_NAMES.authors),
  }
}

/** Tells the layout of a file from its columns. */
export function detectLayout(columns: readonly string[]): Exclude<LayoutName, 'auto'> {
  const lower = new Set(columns.map((name) => name.toLowerCase()))
  if (lower.has('movieid')) return 'movielens'
  if (lower.has('book_id')) return 'goodbooks'
  return 'generic'
}

function findColumn(columns: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const exact = columns.find((column) => column === name)
    if (exact !== undefined) return exact
    const folded = columns.find((column) => column.trim().toLowerCase() === name)
    if (folded !== undefined) return folded
  }
  return undefined
}
