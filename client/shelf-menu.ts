import type { RecommendedItem } from '#contract/rpc'
import { make } from './dom.ts'
import { type ShelfWords, wordReason } from './words.ts'

export type Opinion = 'like' | 'dislike' | 'hide'

/** The menu of one shelf: opens below the button of a card; arrows, Home, End and Escape work, Tab or a click elsewhere closes it. */
export class ShelfMenu {
  readonly element = make('div', { part: 'menu', class: 'menu', role: 'menu', popover: 'manual', hidden: true })
  readonly #words: ShelfWords
  readonly #onOpinion: (opinion: Opinion, item: RecommendedItem) => void
  #opener: HTMLElement | null = null
  #outside = new AbortController()

  constructor(words: ShelfWords, onOpinion: (opinion: Opinion, item: RecommendedItem) => void) {
    this.#words = words
    this.#onOpinion = onOpinion
    this.element.addEventListener('keydown', (event) => this.#onKey(event))
  }

  open(button: HTMLElement, item: RecommendedItem): void {
    this.close()
    this.#opener = button
    button.setAttribute('aria-expanded', 'true')
    this.element.replaceChildren(...this.#choices(item))
    this.element.hidden = false
    if ('showPopover' in this.element) this.element.showPopover()
    place(this.element, button)
    this.element.querySelector('button')?.focus({ preventScroll: true })
    this.#outside = new AbortController()
    const options = { capture: true, signal: this.#outside.signal }
    addEventListener('scroll', () => this.close(), options)
    addEventListener(
      'pointerdown',
      (event) => {
        if (!event.composedPath().includes(this.element)) this.close()
      },
      options,
    )
  }

  close(): void {
    this.#outside.abort()
    this.#opener?.setAttribute('aria-expanded', 'false')
    this.#opener = null
    if ('hidePopover' in this.element && this.element.matches(':popover-open')) this.element.hidePopover()
    this.element.hidden = true
  }

  #closeAndReturn(): void {
    const opener = this.#opener
    this.close()
    opener?.focus({ preventScroll: true })
  }

  #choices(item: RecommendedItem): HTMLElement[] {
    const words = this.#words
    const { why, like, dislike, hide } = words
    const choice = (label: string, run: () => void) => {
      const button = make('button', { part: 'menu-item', type: 'button', role: 'menuitem', tabindex: -1 }, label)
      button.addEventListener('click', run)
      return button
    }
    const say = (label: string, opinion: Opinion) =>
      choice(label, () => {
        this.#closeAndReturn()
        this.#onOpinion(opinion, item)
      })
    const explain = () => {
      const reasons = item.reasons.length > 0 ? item.reasons : [{ type: 'popular' as const }]
      this.element.querySelector('p')?.remove()
      this.element.append(make('p', { role: 'status' }, reasons.map((reason) => wordReason(words, reason)).join(' · ')))
    }
    return [choice(why, explain), say(like, 'like'), say(dislike, 'dislike'), say(hide, 'hide')]
  }

  #onKey(event: KeyboardEvent): void {
    const items = [...this.element.querySelectorAll('button')]
    const now = items.findIndex((item) => item.matches(':focus'))
    const steps = { ArrowDown: now + 1, ArrowUp: now - 1 + items.length, Home: 0, End: items.length - 1 }
    const next = Object.entries(steps).find(([key]) => key === event.key)?.[1]
    if (event.key === 'Escape' || event.key === 'Tab') this.#closeAndReturn()
    if (next !== undefined) items[next % items.length]?.focus()
    if (next === undefined && event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
  }
}

function place(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  const { offsetWidth, offsetHeight } = menu
  const isLow = at.bottom + offsetHeight + 8 > innerHeight && at.top > offsetHeight
  menu.style.left = `${Math.max(8, Math.min(at.right - offsetWidth, innerWidth - offsetWidth - 8))}px`
  menu.style.top = `${isLow ? at.top - offsetHeight - 4 : at.bottom + 4}px`
}
