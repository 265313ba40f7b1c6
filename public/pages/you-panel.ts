import { h } from '../shop/dom.ts'
import { redraw } from '../shop/redraw.ts'

/** A part of the page that can be drawn again when the profile changes. */
export type Panel = { readonly element: HTMLElement; draw(): Promise<void> }

/** Makes a titled box whose content `draw` answers anew each time. */
export function panel(title: string, draw: () => Promise<readonly (Node | string)[]>): Panel {
  const content = h('div')
  return {
    element: h('section', { class: 'box' }, h('h2', {}, title), content),
    async draw() {
      try {
        redraw(content, await draw())
      } catch (error) {
        const code = error instanceof Object && 'code' in error ? String(error.code) : 'unknown'
        content.replaceChildren(h('p', { class: 'soft' }, `Nothing to show yet (${code}).`))
      }
    },
  }
}
