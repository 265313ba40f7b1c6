/**
 * A page whose list is there before any script: the server asks the edge for its fallback (the same for everybody, so both answers may be
 * cached), writes it into the shelf, and the device puts it in the visitor's order. Nothing moves that is not reordered.
 */
export async function renderPage({
  edge,
  site,
  keys,
}: Readonly<Record<'edge' | 'site' | 'keys', string>>): Promise<string> {
  const answer = await fetch(`${edge}/v1/sites/${site}/fallback/popular?limit=8`)
  const { items }: { items: { id: string; title: string }[] } = await answer.json()
  const rows = items.map(
    ({ id, title }) =>
      `<li><a href="/item/${encodeURIComponent(id)}" data-item-id="${escapeText(id)}">${escapeText(title)}</a></li>`,
  )
  return `<!doctype html>
<html lang="en">
  <title>A page that can be cached</title>
  <pocket-shelf scene="rerank"><ul>${rows.join('')}</ul></pocket-shelf>
  <script async src="${edge}/pocketshelf.js" data-edge="${edge}" data-site="${site}" data-keys="${keys}"></script>
</html>`
}

function escapeText(text: string): string {
  const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }
  return text.replace(/[&<"]/g, (sign) => signs[sign] ?? '')
}
