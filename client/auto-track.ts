import type { EventType } from '#contract/events'
import { loadPart, type Part } from './load-part.ts'
import { eventsOf, eventTypeOf, ITEM, type Placer } from './markup-events.ts'
import { whenIdle } from './page-signs.ts'
import type { Recommender } from './recommender.ts'
import type { WatchPage } from './watch-script.ts'

/**
 * Notes what the visitor does with the page's own elements: clicks on `[data-item-id]` and forms that are sent, as what `data-item-event`
 * says. Once the page is idle `watch` is loaded for the rest: views, what was seen, listed links, orders.
 */
export function startAutoTrack(recommender: Recommender, watch: Part): void {
  let placeOf: Placer = () => ({}) // until the page was read
  const note = (element: HTMLElement, otherwise: EventType) =>
    void recommender.track(eventsOf(element, eventTypeOf(element, otherwise), placeOf))
  const early = { capture: true, passive: true }
  document.addEventListener(
    'click',
    ({ target }) => {
      const item = target instanceof Element && target.closest<HTMLElement>(ITEM)
      if (item && item.localName !== 'form') note(item, 'click')
    },
    early,
  )
  document.addEventListener(
    'submit',
    ({ target }) => {
      if (target instanceof HTMLElement && (target.dataset.itemId || target.dataset.itemEvent)) note(target, 'cart')
    },
    early,
  )
  void whenIdle().then(async () => {
    try {
      const watchPage = await loadPart<WatchPage>(watch, 'watchPage')
      placeOf = watchPage(recommender)
    } catch {
      // blocked, or the site moved on: clicks are noted all the same
    }
  })
}
