import type { Recommender } from 'pocketshelf'
import type { Cart } from './cart.ts'
import type { Installer } from './install.ts'

/** What every page gets. */
export type Shop = {
  readonly recommender: Recommender
  readonly cart: Cart
  readonly installer: Installer
  /** Shows a short message at the foot of the page. */
  say(message: string, action?: { readonly label: string; run(): void }): void
  go(path: string): void
}

/** One page: its title and its content; `leave` is called when another page takes its place. */
export type Page = { readonly title: string; readonly content: Node; leave?(): void }

/** What the public interface answers, by its own types. */
export type ItemCard = Awaited<ReturnType<Recommender['cards']>>[number]
