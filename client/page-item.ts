/** Longest JSON-LD block that is read. */
const MAX_CHARS = 100_000

/**
 * Finds the id of the product in a JSON-LD text: `productID`, `sku` or `identifier` of the first `Product`, also inside
 * arrays and `@graph`; null where there is none.
 */
export function productIdOf(jsonLd: string): string | null {
  if (jsonLd.length > MAX_CHARS) return null
  try {
    return search(JSON.parse(jsonLd), 0)
  } catch {
    return null // the page's own JSON is broken; that is not for us to report
  }
}

function search(node: unknown, depth: number): string | null {
  if (typeof node !== 'object' || node === null || depth > 4) return null
  if (Array.isArray(node)) {
    for (const part of node) {
      const found = search(part, depth + 1)
      if (found) return found
    }
    return null
  }
  const fields = node as Record<string, unknown> // a parsed JSON object
  if ([fields['@type']].flat().includes('Product')) {
    for (const key of ['productID', 'sku', 'identifier']) {
      const value = fields[key]
      if (typeof value === 'string' && value !== '') return value
      if (typeof value === 'number') return String(value)
    }
  }
  return search(fields['@graph'] ?? fields.mainEntity, depth + 1)
}

/** The item this page is about: `<meta name="pocketshelf:item" content="…">`, else the product of its JSON-LD. */
export function readPageItem(page: ParentNode): string | null {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="pocketshelf:item"]')?.content
  if (meta) return meta
  for (const script of page.querySelectorAll('script[type="application/ld+json"]')) {
    const id = productIdOf(script.textContent ?? '')
    if (id) return id
  }
  return null
}
