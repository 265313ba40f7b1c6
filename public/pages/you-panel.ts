import { h } from '../shop/dom.ts'

/** A part of the page that can be drawn again when the profile changes. */
export type Panel = { readonly element: HTMLElement; draw(): Promise<void> }

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]'

/** Puts nodes in place of what is there. What looks the same stays, and who stood on a control stands on it again, so that a key pressed meanwhile is not lost. */
function putIn(place: HTMLElement, nodes: readonly (Node | string)[]): void {
  const next = h('div')
  next.append(...nodes)
  if (next.isEqualNode(place)) return
  const controls = () => Array.from(place.querySelectorAll<HTMLElement>(FOCUSABLE))
  const focused = document.activeElement
  const at = focused instanceof HTMLElement ? controls().indexOf(focused) : -1
  place.replaceChildren(...Array.from(next.childNodes))
  if (at >= 0) controls()[at]?.focus({ preventScroll: true })
}

/** Makes a titled box whose content `draw` answers anew each time. */
export function panel(title: string, draw: () => Promise<readonly (Node | string)[]>): Panel {
  const content = h('div')
  return {
    element: h('section', { class: 'box' }, h('h2', {}, title), content),
    async draw() {
      try {
        putIn(content, await draw())
      } catch (error) {
        const code = error instanceof Object && 'code' in error ? String(error.code) : 'unknown'
        content.replaceChildren(h('p', { class: 'soft' }, `Nothing to show yet (${code}).`))
      }
    },
  }
}
