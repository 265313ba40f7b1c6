/** A page of the site: where it lies (relative, forward slashes) and its HTML. */
export type SitePage = { readonly path: string; readonly html: string }

/**
 * Checks every link of every page that stays within the site: the page must be there, and so must the heading that it points to.
 * @param files - Other files of the site, by path.
 * @returns One line for each link that leads nowhere.
 */
export function findBrokenLinks(pages: readonly SitePage[], files: ReadonlySet<string> = new Set()): string[] {
  const ids = new Map(
    pages.map(({ path, html }) => [path, new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id))]),
  )
  return pages.flatMap(({ path, html }) =>
    Array.from(html.matchAll(/ (?:href|src)="([^"]*)"/g), ([, link = '']) => link.replaceAll('&amp;', '&'))
      .filter((link) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(link))
      .filter((link) => !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`),
  )

  function leadsSomewhere(from: string, link: string): boolean {
    const url = new URL(link, `http://site/${from}`)
    const target = decodeURIComponent(url.pathname.slice(1))
    const known = ids.get(target)
    if (known === undefined) return files.has(target)
    return url.hash === '' || known.has(decodeURIComponent(url.hash.slice(1)))
  }
}
