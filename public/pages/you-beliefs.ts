import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { itemPath } from '../shop/tiles.ts'
import { type Panel, panel } from './you-panel.ts'

const SHOWN_CATEGORIES = 8
const SHOWN_ITEMS = 100

/** Categories by their share of what the visitor did. */
export function beliefsPanel({ recommender }: Shop): Panel {
  return panel('What this device believes you like', async () => {
    const { items, categories, refused } = await recommender.explain()
    if (items === 0) return [h('p', { class: 'soft' }, 'Nothing yet. Open or like a few items and come back.')]
    const bars = categories.slice(0, SHOWN_CATEGORIES).map(({ name, share }) => {
      const percent = Math.round(share * 100)
      const range = { 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent }
      const meter = h('span', { class: 'meter', role: 'meter', 'aria-label': name, ...range }, h('span'))
      meter.style.setProperty('--value', `${percent}%`)
      return h('li', {}, h('span', {}, name), meter, h('span', {}, `${percent} %`))
    })
    const rest = refused > 0 ? ` You asked to see less of ${refused}.` : ''
    return [
      h('ul', { class: 'bars', role: 'list' }, ...bars),
      h('p', { class: 'soft' }, `From ${items} ${items === 1 ? 'item' : 'items'} you looked at or chose.${rest}`),
    ]
  })
}

/** Everything remembered, item by item, each with a way out. */
export function historyPanel({ recommender, say }: Shop): Panel {
  return panel('What it remembers', async () => {
    const events = (await recommender.profile.history()).filter((event) => event.type !== 'impression')
    const byItem = Map.groupBy(events, (event) => event.item)
    const ids = [...byItem.keys()].slice(0, SHOWN_ITEMS)
    if (ids.length === 0) return [h('p', { class: 'soft' }, 'Nothing.')]
    const titles = new Map((await recommender.cards(ids)).map((card) => [card.id, card.title]))
    const rows = ids.map((id) => {
      const own = byItem.get(id) ?? []
      const title = titles.get(id) || id
      const remove = async () => {
        await recommender.profile.edit({ remove: [id] })
        say(`“${title}” is forgotten.`)
      }
      const what = [...new Set(own.map((event) => event.type))].join(', ')
      const at = new Date(Math.max(...own.map((event) => event.at)))
      return h(
        'li',
        {},
        h('a', { href: itemPath(id) }, title),
        h(
          'span',
          { class: 'soft' },
          `${what} · ${at.toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })}`,
        ),
        h(
          'button',
          { class: 'button', type: 'button', 'aria-label': `Forget ${title}`, onclick: () => void remove() },
          'Forget',
        ),
      )
    })
    return [h('ul', { class: 'rows', role: 'list' }, ...rows)]
  })
}
