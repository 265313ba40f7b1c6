import type { HostOptions, HostPage } from '../support/host-page.ts'
import type { OpenSite } from '../support/open-site.ts'
import type { BrowserName, Visitor } from '../support/visitor.ts'
import type { Wire } from '../support/wire.ts'

/** Where a promise is kept: one visitor, sites that may be cut off, and hosts of other origins. */
export type Scene = {
  readonly visitor: Visitor
  /** A wire to a shop of 300 items without pictures. */
  readonly small: Wired
  /** A wire to the demo shop. */
  readonly demo: Wired
  readonly host: (body: string, options?: HostOptions) => Promise<HostPage>
}

/** A site, and the wire through which the browser reaches it. */
export type Wired = { readonly site: OpenSite; readonly wire: Wire }

/** One sentence of the README, and how it is put to the test. */
export type Promised = {
  readonly sentence: string
  /** Browsers in which it cannot be tested, with the reason. */
  readonly except?: Partial<Record<BrowserName, string>>
  readonly keep: (scene: Scene) => Promise<void>
}

/** The tag that loads the drop-in through a wire. */
export function scriptTag({ site, wire }: Wired, attributes = ''): string {
  const data = `data-edge="${wire.url}" data-site="demo" data-keys="${site.prepared.publicKey}"`
  return `<script async crossorigin src="${wire.url}/pocketshelf.js" ${data} ${attributes}></script>`
}

/** A shelf with a fallback. */
export const SHELF = '<pocket-shelf scene="for-you" count="8"><a href="/bestsellers">Our bestsellers</a></pocket-shelf>'

/** Ids of the first shelf's cards, in order. */
export function shownIds(): string[] {
  const cards = document.querySelector('pocket-shelf')?.shadowRoot?.querySelectorAll('li[data-id]') ?? []
  return [...cards].map((card) => card.getAttribute('data-id') ?? '')
}

/** Heading of the first shelf. */
export function headingText(): string {
  return document.querySelector('pocket-shelf')?.shadowRoot?.querySelector('h2')?.textContent ?? ''
}
