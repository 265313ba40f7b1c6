/** What the page of `pocketshelf try` shows. */
export type TryPage = {
  readonly site: string
  readonly publicKey: string
  /** Where the catalogue came from, as the user wrote it. */
  readonly source: string
  readonly items: number
  /** The item that "similar" starts with. */
  readonly first: { readonly id: string; readonly title: string }
}

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d9dbe1, #3a3d46); --soft: light-dark(#5b6070, #a9aebb); --accent: light-dark(#3448c5, #9db0ff) }
  * { box-sizing: border-box }
  body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#fafafc, #15161a); color: light-dark(#1b1d24, #f0f1f5) }
  main, header { max-width: 74rem; margin: auto; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) }
  header { padding-block: 2.5rem .5rem }
  h1 { margin: 0; font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; text-wrap: balance }
  p { max-width: 46rem; color: var(--soft) }
  a { color: var(--accent) }
  pocket-shelf { display: block; margin-block: 2rem; --pocketshelf-card-width: 11rem; --pocketshelf-accent: var(--accent) }
  pocket-shelf:not(:defined) { min-height: 18rem }
  h2 { font-size: 1.25rem; margin: 0; line-height: 1.3 }
  section { border-top: 1px solid var(--line); padding-top: 1.5rem; margin-top: 2.5rem }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: light-dark(#fff, #1d1f25); font-size: .85rem }
  button { font: inherit; padding: .45rem .9rem; border: 1px solid var(--line); border-radius: .5rem; margin-top: .8rem; background: none; color: inherit; cursor: pointer }
  button:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`

/** A click stays on the page: it moves the second shelf to that item, and the first one learns. */
const SCRIPT = `
  const similar = document.getElementById('similar')
  document.addEventListener('rec-click', (event) => {
    event.preventDefault()
    const { item } = event.detail
    const id = typeof item === 'string' ? item : item.id
    similar.setAttribute('item', id)
    const title = (typeof item === 'object' && item.card?.title) || id
    document.getElementById('similar-to').textContent = 'Similar to “' + title + '”'
  })
  document.getElementById('copy').addEventListener('click', async (event) => {
    await navigator.clipboard.writeText(document.getElementById('snippet').textContent)
    event.target.textContent = 'Copied'
  })
  document.getElementById('forget').addEventListener('click', async () => {
    await window.pocketshelf?.forget()
    location.reload()
  })
`

/** The page: a shelf for the visitor, one beside an item, the newest, and the lines to paste. */
export function tryPage({ site, publicKey, source, items, first }: TryPage): string {
  const tag = (edge: string) =>
    `<script async src="${edge}/pocketshelf.js"${edge === '' ? '' : ` data-edge="${edge}"`} data-site="${site}" data-keys="${publicKey}"></script>`
  const snippet = `${tag('EDGE')}\n<pocket-shelf scene="for-you">Our favourites are on their way.</pocket-shelf>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Shelves of your catalogue</title>
<link rel="icon" href="/icon.svg">
<style>${STYLE}</style>
${tag('')}
</head>
<body>
<header>
<h1>Shelves of your catalogue</h1>
<p>${items.toLocaleString('en')} items of ${escapeHtml(source)}. Nobody's clicks are known yet: words, categories and prices say what is
alike. Click a few things, and the first shelf follows; all of it is worked out in this browser. <a href="/">See them in a whole shop</a>.</p>
</header>
<main>
<pocket-shelf scene="for-you" count="12">These shelves need JavaScript.</pocket-shelf>
<pocket-shelf id="similar" scene="similar" item="${escapeHtml(first.id)}" count="12">
<h2 slot="heading" id="similar-to">Similar to “${escapeHtml(first.title)}”</h2></pocket-shelf>
<pocket-shelf scene="fresh" count="12" empty="hide"></pocket-shelf>
<section aria-labelledby="paste">
<h2 id="paste">Paste this into a page of yours</h2>
<pre id="snippet" tabindex="0">${escapeHtml(snippet)}</pre>
<button type="button" id="copy">Copy</button> <button type="button" id="forget">Forget my clicks</button>
</section>
</main>
<script>
document.getElementById('snippet').textContent = document.getElementById('snippet').textContent.replaceAll('EDGE', location.origin)
${SCRIPT}</script>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
