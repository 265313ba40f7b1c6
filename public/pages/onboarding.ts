import { h } from '../shop/dom.ts'
import type { ItemCard, Shop } from '../shop/shop.ts'
import { cover } from '../shop/tiles.ts'

const WANTED = 3
const OFFERED = 12
const KEY = 'shop:asked-taste'

/** Asks a first visitor to pick three things they like; goes away when that is done or declined. */
export function onboarding(shop: Shop): HTMLElement {
  const place = h('div')
  const offer = async () => {
    if (place.childElementCount > 0 || wasAsked()) return
    const { items } = await shop.recommender.explain()
    if (items === 0) place.replaceChildren(draw(await choices(shop), shop, () => place.replaceChildren()))
  }
  void offer().catch(() => undefined) // no catalogue yet: the shelves say so
  return place
}

/** Popular items, one of each department first. */
async function choices({ recommender }: Shop): Promise<readonly ItemCard[]> {
  const { items } = await recommender.search({ limit: 100 })
  const seen = new Map<string, number>()
  const rank = (card: ItemCard) => {
    const times = seen.get(card.category) ?? 0
    seen.set(card.category, times + 1)
    return times
  }
  const ranked = items.map((card) => ({ card, times: rank(card) }))
  return ranked
    .sort((a, b) => a.times - b.times)
    .slice(0, OFFERED)
    .map(({ card }) => card)
}

function draw(cards: readonly ItemCard[], { recommender, say }: Shop, end: () => void): HTMLElement {
  const chosen = new Set<string>()
  const done = h('button', { class: 'button main', type: 'button', disabled: true }, `Pick ${WANTED}`)
  const finish = (message?: string) => {
    noteAsked()
    end()
    if (message) say(message)
  }
  done.addEventListener('click', () => {
    void recommender.track([...chosen].map((item) => ({ type: 'like' as const, item })))
    finish('Your shelves have changed. “Your data” shows and undoes it.')
  })
  const pick = (card: ItemCard, button: HTMLElement) => {
    if (!chosen.delete(card.id)) chosen.add(card.id)
    button.setAttribute('aria-pressed', String(chosen.has(card.id)))
    done.disabled = chosen.size < WANTED
    done.textContent = chosen.size < WANTED ? `Pick ${WANTED - chosen.size} more` : 'Show me my shelves'
  }
  const tiles = cards.map((card) => {
    const button = h(
      'button',
      { type: 'button', class: 'pick', 'aria-pressed': 'false' },
      cover(card),
      h('span', {}, card.title),
    )
    button.addEventListener('click', () => pick(card, button))
    return h('li', {}, button)
  })
  const skip = h('button', { class: 'button', type: 'button', onclick: () => finish() }, 'Not now')
  return h(
    'section',
    { class: 'box onboarding', 'aria-labelledby': 'taste' },
    h('h2', { id: 'taste' }, `Pick ${WANTED} that you like`),
    h('p', { class: 'soft' }, 'It stays on this device, and the shelves below are yours from the first minute.'),
    h('ul', { class: 'picks', role: 'list' }, ...tiles),
    h('div', { class: 'actions' }, done, skip),
  )
}

function wasAsked(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return true // nothing can be noted here: asking at every visit would annoy
  }
}

function noteAsked(): void {
  try {
    localStorage.setItem(KEY, 'yes')
  } catch {
    // asked again next time at worst
  }
}
