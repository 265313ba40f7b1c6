import { EVENT_TYPES, type EventType } from '#contract/events'
import { readPageItem } from './page-item.ts'
import { whenIdle } from './page-signs.ts'
import type { Recommender } from './recommender.ts'

/**
 * Watches the page for the visitor's own actions: views of item pages, clicks on `[data-item-id]`, and other actions where
 * the element says which by `data-item-event` (`cart`, `purchase`, `favorite`, `like` …). Returns the function that ends it.
 */
export function startAutoTrack(recommender: Recommender): () => void {
  let viewed: string | null = null
  const look = () => {
    const item = readPageItem(document)
    if (item && item !== viewed) void recommender.track({ type: 'view', item })
    viewed = item
  }
  const onClick = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-item-id]') : null
    const item = target?.dataset.itemId
    if (item) void recommender.track({ type: eventType(target?.dataset.itemEvent), item })
  }
  const later = () => setTimeout(look, 0)
  document.addEventListener('click', onClick, { capture: true, passive: true })
  const routes: EventTarget | undefined = (window as { navigation?: EventTarget }).navigation
  routes?.addEventListener('navigatesuccess', later)
  addEventListener('popstate', later)
  void whenIdle().then(look)
  return () => {
    document.removeEventListener('click', onClick, { capture: true })
    routes?.removeEventListener('navigatesuccess', later)
    removeEventListener('popstate', later)
  }
}

function eventType(name: string | undefined): EventType {
  return EVENT_TYPES.find((type) => type === name) ?? 'click'
}
