import type { PreviewParts } from './server.ts'

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dcdfe6, #373b46); --soft: light-dark(#576071, #a8afbc); --accent: light-dark(#3448c5, #9db0ff); --card: light-dark(#fff, #1d2027) }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f6f7fa, #14161b); color: light-dark(#1b1e26, #eceef3) }
main { max-width: 84rem; margin: auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem); display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: 2rem; align-items: start }
h1 { font-size: 1.4rem; margin: 0; grid-column: 1 / -1 } h2 { font-size: 1rem; margin: 0 0 .5rem }
section, article { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: 1rem }
aside { display: grid; gap: 1rem } .lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem }
ol, ul { list-style: none; margin: 0; padding: 0 } p { margin: .3rem 0; color: var(--soft); font-size: .9rem }
article li { display: grid; grid-template-columns: 2rem minmax(0, 1fr) auto; gap: .5rem; padding: .55rem 0; border-top: 1px solid var(--line) }
article li:first-child { border: 0 } .place { color: var(--soft); text-align: right } .title { font-weight: 600; overflow-wrap: anywhere }
.note { color: var(--soft); font-size: .85rem } .badge { font-size: .75rem; border: 1px solid var(--accent); color: var(--accent); border-radius: 1rem; padding: 0 .5rem; margin-inline-start: .3rem }
button, input, select { font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .45rem; padding: .3rem .6rem }
select option { background: var(--card) } input, select { width: 100% } button { cursor: pointer } button.main { background: var(--accent); color: light-dark(#fff, #14161b); border-color: transparent }
button.small { white-space: nowrap; padding: .05rem .5rem; font-size: .85rem } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.chips li > :last-child { flex: none } .chips li { display: flex; gap: .4rem; justify-content: space-between; align-items: center; padding: .25rem 0; overflow-wrap: anywhere } .row { display: flex; gap: .4rem; margin-top: .4rem }
dialog { border: 1px solid var(--line); border-radius: .8rem; background: var(--card); color: inherit; max-width: 44rem; width: 92vw } dialog::backdrop { background: rgb(0 0 0 / .45) }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; font-size: .88rem; margin: .5rem 0 1rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 60rem) { main { grid-template-columns: minmax(0, 1fr) } }
`

/** Runs in the page; texts of items are only ever put in as text. */
const SCRIPT = `
const state = JSON.parse(document.getElementById('state').textContent)
const history = [], titles = new Map()
let rules = state.rules
const $ = (id) => document.getElementById(id)
const el = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node }
const say = (text) => { $('said').textContent = text }
const post = async (path, body) => {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const value = await response.json()
  if (!response.ok) { say(value.error?.message ?? 'That did not work.'); throw new Error(value.error?.message) }
  return value
}
const question = () => ({ history: [...history], count: 20, rules })
const button = (text, label, run) => el('button', { type: 'button', className: 'small', textContent: text, ariaLabel: label, onclick: run })
const nameOf = (id) => titles.get(id) ?? id

function drawHistory() {
  $('history').replaceChildren(...history.map((id) => el('li', {}, el('span', { textContent: nameOf(id) }),
    button('✕', 'Remove ' + nameOf(id), () => { history.splice(history.indexOf(id), 1); refresh() }))))
  if (history.length === 0) $('history').append(el('li', { className: 'note', textContent: 'Nobody knows this visitor yet.' }))
}
function drawRules() {
  const drop = (list, one) => () => { rules = { ...rules, [list]: rules[list].filter((other) => other !== one) }; refresh() }
  const text = (rule) => 'factor' in rule ? '× ' + rule.factor + ' ' + (rule.category ?? nameOf(rule.item)) : 'place ' + (rule.position + 1) + ': ' + nameOf(rule.item)
  const item = (list) => (rule) => el('li', {}, el('span', { textContent: text(rule) }), button('✕', 'Remove ' + text(rule), drop(list, rule)))
  $('rules').replaceChildren(...rules.pins.map(item('pins')), ...rules.boosts.map(item('boosts')))
  if (rules.pins.length + rules.boosts.length === 0) $('rules').append(el('li', { className: 'note', textContent: 'No pins and no boosts.' }))
}
function drawLists(lists) {
  const places = lists.map((list) => new Map(list.map(({ id }, place) => [id, place])))
  $('lists').replaceChildren(...lists.map((list, side) => {
    const other = places[1 - side]
    const rows = list.map((item, place) => {
      titles.set(item.id, item.title)
      const moved = other === undefined ? '' : !other.has(item.id) ? 'only here' : other.get(item.id) === place ? '' : 'there at ' + (other.get(item.id) + 1)
      const info = el('div', {}, el('span', { className: 'title', textContent: item.title }))
      if (item.isPinned) info.append(el('span', { className: 'badge', textContent: 'pinned' }))
      info.append(el('div', { className: 'note', textContent: [item.category, ...item.reasons, moved].filter(Boolean).join(' · ') }))
      const acts = el('div', {}, button('Clicked', 'Clicked: ' + item.title, () => add(item.id)), ' ',
        button('Pin', 'Pin ' + item.title + ' to its place', () => pin(item.id, place)), ' ', button('Why', 'Why ' + item.title, () => why(item.id)))
      return el('li', {}, el('span', { className: 'place', textContent: place + 1 }), info, acts)
    })
    return el('article', { ariaLabel: 'Release ' + state.releases[side].release }, el('h2', { textContent: state.releases[side].release }),
      el('p', { textContent: state.releases[side].items.toLocaleString('en') + ' items' }), el('ol', {}, ...rows))
  }))
}
async function refresh() {
  drawHistory()
  drawRules()
  drawLists(await post('/lists', question()))
  drawHistory()
  drawRules()
}
function add(id) { if (!history.includes(id)) history.unshift(id); say(nameOf(id) + ' is in the history.'); refresh() }
function pin(id, position) {
  rules = { ...rules, pins: [...rules.pins.filter((one) => one.item !== id && one.position !== position), { item: id, position }] }
  say(nameOf(id) + ' is pinned to place ' + (position + 1) + '.')
  refresh()
}
async function why(id) {
  const answers = await post('/why', { ...question(), id })
  $('why-title').textContent = nameOf(id)
  $('why-text').replaceChildren(...answers.map(({ verdict, facts }, side) => el('div', {}, el('h2', { textContent: state.releases[side].release }),
    el('p', { textContent: verdict }), el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', { textContent: name }), el('dd', { textContent: value })])))))
  $('why').showModal()
}
$('search').addEventListener('input', async ({ target }) => {
  if (target.value.trim() === '') return $('found').replaceChildren()
  const found = await (await fetch('/find?text=' + encodeURIComponent(target.value))).json()
  for (const { id, title } of found) titles.set(id, title)
  $('found').replaceChildren(...found.map(({ id, title }) => el('li', {}, el('span', { textContent: title }),
    el('span', {}, button('Clicked', 'Clicked: ' + title, () => add(id)), ' ', button('Why not', 'Why not ' + title, () => why(id))))))
})
$('boost').addEventListener('submit', (event) => {
  event.preventDefault()
  const [category, factor] = [$('category').value, Number($('factor').value)]
  rules = { ...rules, boosts: [...rules.boosts.filter((one) => one.category !== category), { category, factor }] }
  refresh()
})
$('save').addEventListener('click', async () => { const { file } = await post('/save', rules); say('Saved to ' + file + '. The next build takes it.') })
refresh()
`

/** The page; what it starts with travels as JSON in it. */
export function previewPage({ desks, rules }: Pick<PreviewParts, 'desks' | 'rules'>): string {
  const releases = desks.map(({ release, items }) => ({ release, items }))
  const state = JSON.stringify({ releases, rules }).replaceAll('<', '\\u003c')
  const categories = [...new Set(desks.flatMap((desk) => desk.categories))].sort()
  const options = categories.map(
    (name) => `<option>${name.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</option>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Preview · Pocketshelf</title><style>${STYLE}</style></head>
<body><main>
<h1>Preview of ${desks.length === 1 ? 'a release' : 'two releases'}</h1>
<aside>
<section aria-labelledby="h-visitor"><h2 id="h-visitor">Visitor</h2><ul id="history" class="chips"></ul>
<label class="note" for="search">Find an item</label><input id="search" type="search" autocomplete="off"><ul id="found" class="chips"></ul></section>
<section aria-labelledby="h-rules"><h2 id="h-rules">Pins and boosts</h2><ul id="rules" class="chips"></ul>
<form id="boost"><label class="note" for="category">Boost a category</label><select id="category">${options.join('')}</select>
<div class="row"><input id="factor" type="number" min="0.01" max="100" step="0.01" value="1.5" aria-label="Factor"><button>Add</button></div></form>
<div class="row"><button type="button" class="main" id="save">Save to the configuration</button></div></section>
<p id="said" role="status"></p>
</aside>
<div id="lists" class="lists"></div>
<dialog id="why" aria-labelledby="why-title"><h2 id="why-title"></h2><div id="why-text"></div><form method="dialog"><button>Close</button></form></dialog>
</main><script type="application/json" id="state">${state}</script><script>${SCRIPT}</script></body></html>
`
}
