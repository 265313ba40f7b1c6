import { make } from './dom.ts'
import type { ShelfWords } from './words.ts'

/** A list that scrolls sideways: natively, by its two buttons, or by the arrow keys from card to card. */
export interface Carousel {
  readonly list: HTMLUListElement
  readonly nav: HTMLElement
  /** Whether more items can be asked for at the end. */
  isOpen: boolean
  /** Shows the buttons only where there is something to scroll to. */
  measure(): void
}

/** Creates the list and its buttons; arrow keys follow the direction of writing. @param onEnd - Called near the end of an open list. */
export function createCarousel(words: ShelfWords, onEnd: () => void): Carousel {
  const list = make('ul', { part: 'list', role: 'list' })
  const button = (label: string, sign: string, pages: number) => {
    const one = make('button', { part: 'nav-button', type: 'button', 'aria-label': label }, sign)
    one.addEventListener('click', () => turn(list, pages))
    return one
  }
  // Both signs are mirrored by the browser where text runs from right to left.
  const back = button(words.previous, '‹', -1)
  const next = button(words.next, '›', 1)
  const nav = make('div', { part: 'nav', class: 'nav', hidden: true }, back, next)
  const update = () => {
    const room = list.scrollWidth - list.clientWidth
    const at = Math.abs(list.scrollLeft)
    nav.hidden = room < 8
    back.setAttribute('aria-disabled', String(at < 8))
    next.setAttribute('aria-disabled', String(at > room - 8))
  }
  const onScroll = () => {
    update()
    const left = list.scrollWidth - list.clientWidth - Math.abs(list.scrollLeft)
    if (carousel.isOpen && left < list.clientWidth) onEnd()
  }
  list.addEventListener('scroll', onScroll, { passive: true })
  list.addEventListener('keydown', (event) => moveAlong(event, list))
  // Told anew of what it observes, the browser answers after its own layout: reading sizes there forces none.
  const observer = new ResizeObserver(update)
  const measure = () => {
    observer.unobserve(list)
    observer.observe(list)
  }
  const carousel: Carousel = { list, nav, isOpen: false, measure }
  return carousel
}

function turn(list: Element, pages: number): void {
  const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth'
  list.scrollBy({ left: signOf(list) * pages * list.clientWidth * 0.85, behavior })
}

function moveAlong(event: KeyboardEvent, list: Element): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step || !(event.target instanceof HTMLElement) || !event.target.matches('.card')) return
  const cards = [...list.querySelectorAll<HTMLElement>('a.card')]
  const target = cards[cards.indexOf(event.target) + step * signOf(list)]
  if (!target) return
  event.preventDefault()
  target.focus()
}

/** 1 where text runs from left to right, else -1. */
function signOf(list: Element): number {
  return getComputedStyle(list).direction === 'rtl' ? -1 : 1
}
