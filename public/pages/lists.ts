import { h } from '../shop/dom.ts'
import { redraw } from '../shop/redraw.ts'
import type { ItemCard, Page, Shop } from '../shop/shop.ts'
import { tile } from '../shop/tiles.ts'

const SHOWN_ITEMS = 60

type History = Awaited<ReturnType<Shop['recommender']['profile']['history']>>
type EventType = History[number]['type']

type List = {
  readonly title: string
  readonly types: readonly EventType[]
  readonly empty: string
  /** What taking an item out of the list is called; `name` stands for the item. */
  readonly remove: (name: string) => string
}

const LISTS: readonly List[] = [
  {
    title: 'Liked',
    types: ['like', 'favorite'],
    empty: 'Nothing yet. The heart on an item’s page puts it here.',
    remove: (name) => `Take ${name} off the list`,
  },
  {
    title: 'Looked at',
    types: ['view', 'click'],
    empty: 'Nothing yet. What you open appears here.',
    remove: (name) => `Forget ${name}`,
  },
  {
    title: 'Not for me',
    types: ['dislike', 'hide'],
    empty: 'Nothing. What you hide can be brought back here.',
    remove: (name) => `Bring ${name} back`,
  },
]

/** What the visitor liked, looked at and refused, each with a way out; all of it is read from this device. */
export function listsPage(shop: Shop): Page {
  const heading = h('h1', { tabindex: -1 }, 'Your lists')
  const sections = h('div')
  const draw = async () => {
    const events = await shop.recommender.profile.history().catch(() => [])
    const drawn = await Promise.all(LISTS.map((list) => section(shop, list, events)))
    redraw(sections, drawn, { controls: '.out', heir: heading })
  }
  void draw()
  return {
    title: 'Your lists',
    leave: shop.recommender.on('profile-changed', () => void draw()),
    content: h('div', { class: 'lists' }, heading, sections),
  }
}

/** All sections come at once: one that grew would push away those below it. */
async function section(shop: Shop, list: List, events: History): Promise<HTMLElement> {
  const content = await entries(shop, list, events).catch(() => h('p', { class: 'soft' }, list.empty))
  return h('section', { 'aria-label': list.title }, h('h2', {}, list.title), content)
}

async function entries(shop: Shop, { types, empty, remove }: List, events: History): Promise<HTMLElement> {
  const ids = [...new Set(events.filter(({ type }) => types.includes(type)).map(({ item }) => item))]
  const cards = ids.length === 0 ? [] : await shop.recommender.cards(ids.slice(0, SHOWN_ITEMS))
  if (cards.length === 0) return h('p', { class: 'soft' }, empty)
  return h('ul', { class: 'grid', role: 'list' }, ...cards.map((card) => entry(shop, card, remove)))
}

function entry({ recommender, say }: Shop, card: ItemCard, remove: List['remove']): HTMLElement {
  const out = () => {
    void recommender.profile.edit({ remove: [card.id] })
    say(`“${card.title}” is no longer remembered.`)
  }
  const button = { type: 'button', class: 'out', 'aria-label': remove(card.title), onclick: out }
  const item = tile(card)
  item.append(h('button', button, '✕'))
  return item
}
