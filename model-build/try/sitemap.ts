import type { ItemRow } from '../import/rows.ts'
import type { SourceRecord } from '../import/values.ts'
import { readHtml } from './json-ld.ts'
import type { PoliteFetcher } from './polite-fetch.ts'
import { decodeText } from './read-text.ts'
import { childrenOf, elementText, parseXml } from './read-xml.ts'

/** Sitemaps that an index may lead to. */
const MAX_SITEMAPS = 20

/** Pages asked for at the same time; the gap between two requests holds all the same. */
const IN_FLIGHT = 2

export type SitemapLimits = {
  /** Pages that are fetched at most. */
  readonly maxPages: number
  readonly onProgress: (share: number) => void
}

/**
 * The items of the pages that a sitemap lists: only pages of the site of its first address, in order, those of product sitemaps first.
 * Pages that do not answer, or hold no item, are passed over.
 */
export async function readSitemap(
  document: SourceRecord,
  fetcher: PoliteFetcher,
  { maxPages, onProgress }: SitemapLimits,
): Promise<(ItemRow | undefined)[]> {
  const pages = await listPages(document, fetcher, maxPages)
  const found: (ItemRow | undefined)[][] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < pages.length; index = next++) {
      found[index] = await readPage(pages[index], fetcher)
      onProgress(next / pages.length)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return found.flat()
}

async function readPage(url: URL | undefined, fetcher: PoliteFetcher): Promise<(ItemRow | undefined)[]> {
  const bytes = url === undefined ? null : await fetcher.page(url)
  if (url === undefined || bytes === null) return []
  return readHtml(decodeText(bytes, url.href), url.href)
}

async function listPages(document: SourceRecord, fetcher: PoliteFetcher, limit: number): Promise<URL[]> {
  const maps = sameSite(locations(document, 'sitemapindex', 'sitemap'))
  const ordered = maps.toSorted((a, b) => Number(isAboutItems(b)) - Number(isAboutItems(a))).slice(0, MAX_SITEMAPS)
  const pages = locations(document, 'urlset', 'url')
  for (const map of ordered) {
    if (pages.length >= limit) break
    const bytes = await fetcher.feed(map)
    pages.push(...locations(parseXml(decodeText(bytes, map.href), map.href), 'urlset', 'url'))
  }
  return sameSite(pages).slice(0, limit)
}

function locations(document: SourceRecord, root: string, entry: string): URL[] {
  const entries = childrenOf(document[root], entry)
  return entries.flatMap(({ loc }) => {
    const text = elementText(loc) ?? ''
    return /^https?:\/\//i.test(text) && URL.canParse(text) ? [new URL(text)] : []
  })
}

/** Addresses of the first one's site, without repeats: a sitemap must not send us anywhere else. */
function sameSite(urls: readonly URL[]): URL[] {
  const [first] = urls
  const seen = new Set<string>()
  return urls.filter(({ href, origin }) => {
    if (origin !== first?.origin || seen.has(href)) return false
    seen.add(href)
    return true
  })
}

function isAboutItems({ pathname }: URL): boolean {
  return /product|item|article|post/i.test(pathname)
}
