import { h } from './dom.ts'

const CONTROLS = 'a[href], button, input, select, textarea, summary, [tabindex]'

export type RedrawOptions = {
  /** Selector of what keeps the focus; anything that can have it, unless given. */
  readonly controls?: string
  /** Takes the focus where no control is left. */
  readonly heir?: HTMLElement
}

/**
 * Puts nodes in place of the content of a plain `div`. What looks the same stays, and who stood on a control stands on what is in its place, or on the last one, so that a key
 * pressed meanwhile is not lost.
 */
export function redraw(place: HTMLDivElement, nodes: readonly (Node | string)[], options: RedrawOptions = {}): void {
  const next = h('div')
  next.append(...nodes)
  if (next.isEqualNode(place)) return
  const controls = () => [...place.querySelectorAll<HTMLElement>(options.controls ?? CONTROLS)]
  const active = document.activeElement
  const focused = active instanceof HTMLElement ? controls().indexOf(active) : -1
  place.replaceChildren(...next.childNodes)
  if (focused < 0) return
  const left = controls()
  const same = left[focused]
  if (same) same.focus({ preventScroll: true })
  else (left.at(-1) ?? options.heir)?.focus()
}
