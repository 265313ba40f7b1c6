import { Marked } from 'marked'

/** A chapter of the menu and its pages, `path` as in the site. */
export type Chapter = {
  readonly title: string
  readonly pages: readonly { readonly path: string; readonly title: string }[]
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dcdfe6, #363a45); --soft: light-dark(#566070, #a7aebb); --accent: light-dark(#3448c5, #9db0ff) }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.6 system-ui, sans-serif; background: light-dark(#fff, #16181d); color: light-dark(#1b1e26, #eceef3) }
.frame { display: grid; grid-template-columns: 15rem minmax(0, 50rem); gap: 3rem; max-width: 72rem; margin: auto; padding: 1.5rem }
nav { font-size: .92rem } nav h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 1.4rem 0 .3rem }
nav ul { list-style: none; margin: 0; padding: 0 } nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none }
nav a:hover, nav a[aria-current] { color: var(--accent); text-decoration: underline }
a { color: var(--accent) } a:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
h1 { line-height: 1.2 } h2 { margin-top: 2.2rem; line-height: 1.3 }
pre { overflow-x: auto; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .88rem; line-height: 1.5 }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere } pre code { overflow-wrap: normal }
table { border-collapse: collapse; display: block; overflow-x: auto } th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: light-dark(#fff, #16181d) }
@media (max-width: 52rem) { .frame { grid-template-columns: minmax(0, 1fr); gap: 1rem } main { order: -1 } }
`

/** A Markdown text as a whole page of the site. @param path - Where the page lies, such as `import/gorse.html`. */
export function renderPage(markdown: string, path: string, menu: readonly Chapter[]): string {
  const up = '../'.repeat(path.split('/').length - 1)
  const links = menu
    .map(
      ({ title, pages }) =>
        `<h2>${escapeHtml(title)}</h2><ul>${pages
          .map(
            (page) =>
              `<li><a href="${up}${page.path}"${page.path === path ? ' aria-current="page"' : ''}>${escapeHtml(page.title)}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(titleOf(markdown, path))} · Pocketshelf</title>
<style>${STYLE}</style></head>
<body><a class="skip" href="#content">Skip to the text</a><div class="frame"><nav aria-label="Pages">${links}</nav>
<main id="content">${toHtml(markdown)}</main></div></body>
</html>
`
}

/** The first heading of a text. */
export function titleOf(markdown: string, path: string): string {
  return (/^# (.+)$/m.exec(markdown)?.[1] ?? path.replace(/[.](?:md|html)$/, '')).replace(/[`*\\]|<[^>]*>/g, '').trim()
}

function toHtml(markdown: string): string {
  const seen = new Map<string, number>()
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const plain = slugOf(text)
        const count = seen.get(plain) ?? 0
        seen.set(plain, count + 1)
        return `<h${depth} id="${count === 0 ? plain : `${plain}-${count}`}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code({ text, lang }) {
        return `<pre tabindex="0"><code${lang ? ` class="language-${escapeHtml(lang.split(' ')[0] ?? '')}"` : ''}>${escapeHtml(text)}</code></pre>\n`
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(pageLink(href))}">${this.parser.parseInline(tokens)}</a>`
      },
    },
  })
  return marked.parse(markdown, { async: false })
}

/** Links between Markdown files become links between pages. */
function pageLink(href: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href
  return href.replace(/(^|\/)README[.]md(?=#|$)/, '$1index.html').replace(/[.]md(?=#|$)/, '.html')
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/<[^>]*>/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
