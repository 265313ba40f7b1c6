import type { FallbackItem, FallbackList } from './fallback-list.ts'

/**
 * A list as an HTML fragment to put inside a page: `<ul class="pocketshelf-fallback">` of links. Every text is escaped, and a link or image
 * that is not http(s) or relative is left out, whatever the catalogue says.
 */
export function fallbackHtml(list: FallbackList): string {
  const items = list.items.map((item) => `<li>${linked(item, content(item, list.currency))}</li>`).join('\n')
  return `<ul class="pocketshelf-fallback" data-scene="${list.scene}">\n${items}\n</ul>\n`
}

function content(item: FallbackItem, currency: string): string {
  const image = isSafe(item.image) ? `<img src="${escaped(item.image)}" alt="" loading="lazy">` : ''
  const price = item.price === null ? '' : `<span class="price">${item.price.toFixed(2)} ${escaped(currency)}</span>`
  return `${image}<span class="title">${escaped(item.title || item.id)}</span>${price}`
}

function linked(item: FallbackItem, inner: string): string {
  return isSafe(item.url) ? `<a href="${escaped(item.url)}" data-item="${escaped(item.id)}">${inner}</a>` : inner
}

/** Whether a link leads to the web or into the page's own site; parsed as browsers do, so that `java\tscript:` is seen through. */
function isSafe(url: string): boolean {
  if (url === '') return false
  const parsed = URL.parse(url, 'https://page.invalid/')
  return parsed !== null && (parsed.protocol === 'https:' || parsed.protocol === 'http:')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
}
