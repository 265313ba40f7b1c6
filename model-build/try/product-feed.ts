import { itemOfAttributes } from '../import/item-attributes.ts'
import type { ItemRow } from '../import/rows.ts'
import { isRecord, type SourceRecord, textOf } from '../import/values.ts'
import { childrenOf, elementText } from './read-xml.ts'

/** Names of an id, most telling first. */
const ID_NAMES = ['id', 'item_id', 'sku', 'guid', 'link', 'loc']

/**
 * The items of a product feed: Google Merchant in RSS 2.0 or Atom, plain RSS and Atom, and lists such as `<products><product>`.
 * @returns undefined where the document is no feed; a row is undefined where an entry has no id.
 */
export function readFeed(document: SourceRecord): (ItemRow | undefined)[] | undefined {
  const entries = findEntries(document)
  return entries?.map(readEntry)
}

function findEntries(document: SourceRecord): SourceRecord[] | undefined {
  const channel = isRecord(document.rss) ? document.rss.channel : isRecord(document.RDF) ? document.RDF : undefined
  if (channel !== undefined) return childrenOf(channel, 'item')
  if (isRecord(document.feed)) return childrenOf(document.feed, 'entry')
  for (const root of Object.values(document).filter(isRecord)) {
    for (const name of ['product', 'item', 'offer', 'SHOPITEM', 'article', 'entry'])
      if (childrenOf(root, name).length > 0) return childrenOf(root, name)
  }
  return undefined
}

function readEntry(entry: SourceRecord): ItemRow | undefined {
  const attributes = Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, flatten(name, value)]))
  const id = ID_NAMES.map((name) => textOf(attributes[name])).find((text) => text !== undefined) ?? textOf(entry['@id'])
  if (id === undefined) return undefined
  const { google_product_category, product_type, category, pubDate, published, updated, ...rest } = attributes
  return itemOfAttributes(id, {
    ...rest,
    categories: product_type ?? category ?? google_product_category,
    createdAt: instantOf(pubDate) ?? published ?? updated,
    image: attributes.image_link ?? attributes.enclosure ?? attributes.thumbnail ?? attributes.image,
  })
}

/** Texts of an element and its repeats; of links and media the address, of Atom's categories the term. */
function flatten(name: string, value: unknown): unknown {
  const values = Array.isArray(value) ? value : [value]
  const texts = values.flatMap((one) => {
    if (!isRecord(one)) return elementText(one) ?? []
    if (name === 'link' && one['@rel'] !== undefined && one['@rel'] !== 'alternate') return []
    return elementText(one) ?? textOf(one['@href'] ?? one['@url'] ?? one['@term']) ?? []
  })
  return texts.length > 1 ? texts : texts[0]
}

/** RSS writes dates as mail does. */
function instantOf(value: unknown): number | undefined {
  const at = Date.parse(textOf(value) ?? '')
  return Number.isNaN(at) ? undefined : at
}
