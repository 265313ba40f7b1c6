import { itemOfAttributes } from '../import/item-attributes.ts'
import type { ItemRow } from '../import/rows.ts'
import { idOf, isRecord, jsonOf, pick, type SourceRecord, textOf } from '../import/values.ts'

/** Things that a shelf can show. */
const ITEM_TYPES =
  /^(?:Product|ProductGroup|IndividualProduct|ProductModel|Book|Movie|TVSeries|MusicAlbum|MusicRecording|Recipe|Article|NewsArticle|BlogPosting|Event|Course|VideoObject|PodcastEpisode|VideoGame|SoftwareApplication|JobPosting|Accommodation|LodgingBusiness|Restaurant)$/

/** Deepest nesting that is looked at. */
const MAX_DEPTH = 8

/** Every item that a JSON-LD value describes, `@graph`, lists and breadcrumbs included. A row is undefined where a thing has no id. */
export function readJsonLd(value: unknown, pageUrl?: string): (ItemRow | undefined)[] {
  const nodes = nodesOf(value, 0)
  const crumbs = nodes.find((node) => typesOf(node).includes('BreadcrumbList'))
  const path = crumbs === undefined ? [] : crumbNames(crumbs)
  const things = nodes.filter((node) => typesOf(node).some((type) => ITEM_TYPES.test(type)))
  return things.map((thing) => readThing(thing, path, things.length === 1 ? pageUrl : undefined))
}

function nodesOf(value: unknown, depth: number): SourceRecord[] {
  if (depth > MAX_DEPTH) return []
  if (Array.isArray(value)) return value.flatMap((one) => nodesOf(one, depth + 1))
  if (!isRecord(value)) return []
  const types = typesOf(value)
  if (types.some((type) => ITEM_TYPES.test(type)) || types.includes('BreadcrumbList')) return [value]
  return [value['@graph'], value.itemListElement, value.item, value.mainEntity, value.hasPart].flatMap((part) =>
    nodesOf(part, depth + 1),
  )
}

function typesOf(node: SourceRecord): string[] {
  return [node['@type']].flat().flatMap((type) => (typeof type === 'string' ? [type.replace(/^.*[/:]/, '')] : []))
}

function readThing(thing: SourceRecord, path: readonly string[], pageUrl: string | undefined): ItemRow | undefined {
  const identifier = isRecord(thing.identifier) ? thing.identifier.value : thing.identifier
  const url = textOf(thing.url) ?? pageUrl
  const ids = [thing.productID, thing.sku, identifier, thing.isbn, thing.gtin13, thing['@id'], url]
  const id = ids.map(idOf).find((text) => text !== undefined)
  if (id === undefined) return undefined
  const offer = [thing.offers].flat().find(isRecord) ?? {}
  return itemOfAttributes(id, {
    ...Object.fromEntries(['color', 'material', 'keywords', 'genre'].map((name) => [name, thing[name]])),
    title: namesOf(thing.name ?? thing.headline),
    url,
    image: thing.image ?? thing.thumbnailUrl,
    brand: namesOf(thing.brand ?? thing.author ?? thing.byArtist),
    categories: namesOf(thing.category ?? thing.articleSection ?? thing.recipeCategory) ?? path,
    price:
      pick(offer, 'price', 'lowPrice') ?? (isRecord(offer.priceSpecification) ? offer.priceSpecification : undefined),
    availability: textOf(offer.availability)?.replace(/^.*\//, ''),
    datePublished: thing.datePublished ?? thing.releaseDate,
  })
}

function namesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(namesOf)
  return isRecord(value) ? value.name : value
}

/** The steps between the front page and the item. */
function crumbNames(list: SourceRecord): string[] {
  const steps = [list.itemListElement].flat().filter(isRecord)
  const names = steps.flatMap((step) => textOf(step.name ?? (isRecord(step.item) ? step.item.name : undefined)) ?? [])
  return names.slice(1, -1)
}

/** The items of an HTML page: its JSON-LD blocks, else what its `og:` tags say. */
export function readHtml(html: string, pageUrl?: string): (ItemRow | undefined)[] {
  const blocks = scriptTexts(html).map(jsonOf)
  const rows = readJsonLd(blocks, pageUrl)
  if (rows.length > 0) return rows
  const meta = metaTags(html)
  const type = meta.get('og:type') ?? ''
  if (!/product|article|book|video|music/.test(type) || !meta.has('og:title')) return []
  const url = meta.get('og:url') ?? pageUrl
  const id = meta.get('product:retailer_item_id') ?? url
  if (id === undefined) return [undefined]
  const row = itemOfAttributes(id, {
    title: meta.get('og:title'),
    url,
    image: meta.get('og:image'),
    price: meta.get('product:price:amount') ?? meta.get('og:price:amount'),
    categories: meta.get('product:category') ?? meta.get('article:section'),
    brand: meta.get('product:brand'),
    availability: meta.get('product:availability'),
    publishedAt: meta.get('article:published_time'),
  })
  return [row]
}

/** Texts of `<script type="application/ld+json">`. */
function scriptTexts(html: string): string[] {
  const lower = html.toLowerCase()
  const texts: string[] = []
  for (let at = lower.indexOf('<script'); at >= 0; at = lower.indexOf('<script', at + 7)) {
    const start = lower.indexOf('>', at)
    const end = lower.indexOf('</script', start)
    if (start < 0 || end < 0) break
    if (lower.slice(at, start).includes('application/ld+json')) texts.push(html.slice(start + 1, end))
    at = end
  }
  return texts
}

function metaTags(html: string): Map<string, string> {
  const tags = new Map<string, string>()
  for (const tag of html.match(/<meta\s[^>]{1,2000}>/gi) ?? []) {
    const name = /(?:property|name)\s*=\s*["']([^"']+)["']/i.exec(tag)?.[1]?.toLowerCase()
    const content = /content\s*=\s*"([^"]*)"|content\s*=\s*'([^']*)'/i.exec(tag)
    if (name !== undefined && content !== null && !tags.has(name))
      tags.set(name, decodeEntities(content[1] ?? content[2] ?? ''))
  }
  return tags
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(#39|\w{2,4});/g, (whole, name: string) => ENTITIES[name] ?? whole)
}
