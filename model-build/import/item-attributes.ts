import type { ItemRow } from './rows.ts'
import { flagOf, isRecord, pick, priceOf, type SourceRecord, textOf, textsOf, timeOf } from './values.ts'

/** Attributes that are words about an item; they become tags. */
const WORD_NAMES = [
  'brand',
  'brands',
  'author',
  'authors',
  'creator',
  'artist',
  'vendor',
  'manufacturer',
  'contentowner',
]
const TAG_NAMES = ['tags', '_tags', 'genres', 'genre', 'labels', 'keywords', 'colour', 'color', 'material', 'style']

/** Most tags kept of one item. */
const MAX_TAGS = 32

/**
 * Makes a row of an item's attributes, whatever the source calls them: title, categories (a path such as `A > B` or levels), links, price,
 * time, availability; brand, genres, labels and the like become tags.
 */
export function itemOfAttributes(id: string, attributes: SourceRecord): ItemRow {
  const levels = categoriesOf(attributes)
  const words = [...WORD_NAMES, ...TAG_NAMES].flatMap((name) => textsOf(pick(attributes, name), /[|;]/))
  const hidden = flagOf(pick(attributes, 'isHidden', 'hidden', 'deleted'))
  const available = flagOf(pick(attributes, 'available', 'availability', 'inStock', 'isAvailable'))
  const row: ItemRow = {
    id,
    title: textOf(pick(attributes, 'title', 'name', 'productName', 'headline', 'itemName')),
    category: levels[0],
    url: textOf(pick(attributes, 'url', 'link', 'productUrl', 'permalink')),
    image: imageOf(pick(attributes, 'image', 'imageUrl', 'imageLink', 'images', 'thumbnail', 'picture')),
    price: priceOf(pick(attributes, 'salePrice', 'price', 'currentPrice')),
    createdAt: timeOf(
      pick(attributes, 'createdAt', 'creationTimestamp', 'publishedAt', 'releaseDate', 'datePublished', 'timestamp'),
    ),
    tags: [...new Set([...words, ...levels.slice(1)])].slice(0, MAX_TAGS),
    available: hidden === true ? false : available,
  }
  return row
}

function imageOf(value: unknown): string | undefined {
  if (isRecord(value)) return textOf(pick(value, 'url', 'src', 'href'))
  if (Array.isArray(value)) return value.map(imageOf).find((image) => image !== undefined)
  return textOf(value)
}

function categoriesOf(attributes: SourceRecord): string[] {
  const given = pick(attributes, 'category', 'categories', 'productType', 'categoryL1', 'hierarchicalCategories')
  const deeper = ['categoryL2', 'categoryL3'].flatMap((name) => textsOf(pick(attributes, name)))
  const paths = [...textsOf(given), ...deeper]
  return [...new Set(paths.flatMap((path) => path.split(/\s*(?:>|\/\/)\s*/)).filter((level) => level !== ''))]
}
