import type { Recommender } from './recommender.ts'
import type { Shelf } from './shelf.ts'
import { LOOK_ATTRIBUTES, REQUEST_ATTRIBUTES } from './shelf-attributes.ts'

/** Makes the shelf of one element; asked for when the first element is in a page. */
export type ShelfMaker = (host: HTMLElement, recommender: Recommender) => Shelf

/**
 * Defines `<pocket-shelf>`; does nothing where the name is taken, or on a server. Until `load` resolves, and for ever where it rejects, the
 * element is an ordinary block that shows its children.
 */
export function defineElement(recommender: Recommender, load: () => Promise<ShelfMaker>): void {
  if (typeof customElements === 'undefined' || customElements.get('pocket-shelf')) return
  customElements.define(
    'pocket-shelf',
    class extends HTMLElement {
      static readonly observedAttributes = [...REQUEST_ATTRIBUTES, ...LOOK_ATTRIBUTES]
      #shelf: Shelf | null = null

      async connectedCallback(): Promise<void> {
        try {
          const make = this.#shelf ? null : await load()
          if (make) this.#shelf ??= make(this, recommender)
          if (this.isConnected) this.#shelf?.connect()
        } catch {
          const detail = { code: 'engine-unavailable', message: 'the shelf script did not load' }
          this.dispatchEvent(new CustomEvent('rec-error', { detail, bubbles: true, composed: true }))
        }
      }

      disconnectedCallback(): void {
        this.#shelf?.disconnect()
      }

      attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
        if (before !== after) this.#shelf?.refresh()
      }
    },
  )
}
