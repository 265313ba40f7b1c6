/** Longest JSON-LD block that is read, and how deep. */
const MAX_CHARS = 100_000
const MAX_DEPTH = 5

/** What the page's markup says about the items on it. */
export type PageItems = {
  /** The item the page is about. */
  readonly item: string | null
  /** Ids of listed items by the address of their page, without its fragment. */
  readonly listed: ReadonlyMap<string, string>
}

type Found = { item: string | null; readonly listed: Map<string, string>; readonly base: string }
type Fields = Readonly<Record<string, unknown>>

/**
 * What JSON-LD texts tell: the id (`productID`, `sku` or `identifier`) of the first `Product`, also inside arrays, `@graph` and `mainEntity`,
 * and those of an `ItemList`'s products by their `url`.
 * @param base - Address that relative ones start from.
 */
export function readJsonLd(texts: readonly string[], base: string): PageItems {
  const found: Found = { item: null, listed: new Map(), base }
  for (const text of texts) {
    if (text.length > MAX_CHARS) continue
    try {
      collect(JSON.parse(text), found, 0)
    } catch {
      // the page's own JSON is broken; that is not for us to report
    }
  }
  return found
}

function collect(node: unknown, found: Found, depth: number): void {
  if (typeof node !== 'object' || node === null || depth > MAX_DEPTH) return
  if (Array.isArray(node)) {
    for (const part of node) collect(part, found, depth + 1)
    return
  }
  const fields = node as Fields // a parsed JSON object
  const types = [fields['@type']].flat()
  if (types.includes('Product')) found.item ??= idOf(fields)
  if (!types.includes('ItemList')) collect(fields['@graph'] ?? fields.mainEntity, found, depth + 1)
  else for (const entry of [fields.itemListElement].flat()) list(entry, found)
}

function list(entry: unknown, { listed, base }: Found): void {
  const outer = Object(entry) as Fields // whatever it is, it can be asked for fields
  const inner = Object(outer.item ?? outer) as Fields
  const id = idOf(inner)
  const url = [inner.url, outer.url, inner['@id']].find(
    (value) => typeof value === 'string' && URL.canParse(value, base),
  )
  if (id !== null && url !== undefined) listed.set(withoutFragment(new URL(String(url), base).href), id)
}

function idOf(fields: Fields): string | null {
  const value = [fields.productID, fields.sku, fields.identifier].find((one) => one === 0 || Boolean(one))
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : null
}

/** An absolute address as `listed` has it. */
export function withoutFragment(url: string): string {
  return url.replace(/#.*/s, '')
}

/** What the page says: the item of `<meta name="pocketshelf:item" content="…">`, else of its JSON-LD, and its listed items. */
export function readPageItems(page: Document): PageItems {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="pocketshelf:item"]')?.content
  const scripts = page.querySelectorAll('script[type="application/ld+json"]')
  const { item, listed } = readJsonLd(
    Array.from(scripts, (script) => script.textContent ?? ''),
    page.baseURI,
  )
  return { item: meta || item, listed }
}
