import { decodeCards } from '#contract/cards'
import { decodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import { RecError } from '#contract/errors'
import { SCENES } from '#contract/events'
import { LIMITS } from '#contract/limits'
import { type Manifest, type PublicList, parseDictionaries, parseManifest } from '#contract/manifest'
import { CELL_ROLE, decodeShardTable, type ObjectRef } from '#contract/shard-table'
import type { BlobStore } from './ports.ts'

/** What a page shows of one item. */
export type FallbackItem = {
  readonly id: string
  readonly title: string
  readonly url: string
  readonly image: string
  readonly category: string | null
  /** In major units of `currency`; null where the catalogue has none. */
  readonly price: number | null
}

/** The same list for everybody, best first. */
export type FallbackList = {
  readonly scene: PublicList['scene']
  readonly release: string
  readonly currency: string
  readonly items: readonly FallbackItem[]
}

/** Head slices and fresh cells looked through for a list's items; the lists come from what most people see. */
const MAX_CELLS = 8
const KNOWN = 64

/** The list that stands in for a scene. @throws RecError `not-found` */
export function publicScene(name: string): PublicList['scene'] {
  if (name === 'popular' || name === 'trending' || name === 'fresh') return name
  if (SCENES.some((scene) => scene === name)) return 'popular'
  throw new RecError('not-found', 'there is no such scene')
}

type Wanted = {
  readonly site: string
  readonly manifest: string
  readonly scene: PublicList['scene']
  /** A locale of the release; an unknown or absent one gives its first. */
  readonly locale: string | undefined
}

/** Lists of releases with their cards, for pages made on a server. A release never changes, so the latest lists are kept. */
export class FallbackLists {
  readonly #blobs: BlobStore
  readonly #lists = new Map<string, Promise<FallbackList>>()
  readonly #manifests = new Map<string, Promise<Manifest>>()

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  /** @throws RecError `object-missing`, `manifest-malformed`, `shard-malformed` */
  async load({ site, manifest: hash, scene, locale }: Wanted): Promise<FallbackList> {
    const manifest = await remember(this.#manifests, `${site} ${hash}`, async () =>
      parseManifest(await this.#json(site, hash)),
    )
    // An unknown locale is the first one, so that made-up names cost nothing.
    const language = Math.max(0, locale === undefined ? 0 : manifest.locales.indexOf(locale))
    return remember(this.#lists, `${site} ${hash} ${scene} ${language}`, async () => {
      const gone = new Set(manifest.tombstones)
      const listed = manifest.lists.find((list) => list.scene === scene)?.items ?? []
      const wanted = listed.filter((item) => !gone.has(item)).slice(0, LIMITS.listItems)
      const found = await this.#items(site, manifest, { wanted, language })
      const items = wanted.flatMap((itemNo) => found.get(itemNo) ?? [])
      return { scene, release: manifest.release, currency: manifest.currency, items }
    })
  }

  async #items(
    site: string,
    manifest: Manifest,
    { wanted, language }: { wanted: readonly number[]; language: number },
  ): Promise<ReadonlyMap<number, FallbackItem>> {
    const table = decodeShardTable(await this.#bytes(site, manifest.shardTable.hash))
    const { categories } = parseDictionaries(await this.#json(site, manifest.dictionaries.hash))
    const missing = new Set(wanted)
    const found = new Map<number, FallbackItem>()
    const cells = table.cells.filter(({ role }) => role !== CELL_ROLE.cell).slice(0, MAX_CELLS)
    for (const { objects } of cells) {
      const cardsRef = objects.cards[language] ?? objects.cards[0]
      if (missing.size === 0 || cardsRef === undefined) break
      for (const [itemNo, item] of await this.#cell(site, {
        columns: objects.columns,
        cards: cardsRef,
        categories,
        missing,
      })) {
        found.set(itemNo, item)
        missing.delete(itemNo)
      }
    }
    return found
  }

  async #cell(
    site: string,
    cell: { columns: ObjectRef; cards: ObjectRef; categories: readonly string[]; missing: ReadonlySet<number> },
  ): Promise<[number, FallbackItem][]> {
    const columns = decodeColumns(await this.#bytes(site, cell.columns.hash))
    const cards = decodeCards(await this.#bytes(site, cell.cards.hash))
    if (cards.orderCrc !== columns.orderCrc)
      throw new RecError('shard-malformed', 'cards and columns of different cells')
    const items: [number, FallbackItem][] = []
    columns.itemNos.forEach((itemNo, i) => {
      const isShown = ((columns.flags[i] ?? 0) & (ITEM_FLAG.available | ITEM_FLAG.restricted)) === ITEM_FLAG.available
      if (!cell.missing.has(itemNo) || !isShown) return
      const category = columns.category[i] ?? UNKNOWN_U16
      const price = columns.price[i] ?? Number.NaN
      items.push([
        itemNo,
        {
          ...cards.card(i),
          category: cell.categories[category] ?? null,
          price: Number.isNaN(price) ? null : Number(price.toFixed(2)),
        },
      ])
    })
    return items
  }

  async #json(site: string, hash: string): Promise<unknown> {
    try {
      return JSON.parse(new TextDecoder().decode(await this.#bytes(site, hash)))
    } catch (thrown) {
      if (thrown instanceof RecError) throw thrown
      throw new RecError('manifest-malformed', 'a document of the release is not JSON', {}, { cause: thrown })
    }
  }

  async #bytes(site: string, hash: string): Promise<Uint8Array> {
    const body = await this.#blobs.read(site, hash, 'identity')
    if (body === undefined) throw new RecError('object-missing', 'an object of the release is not there')
    return body instanceof Uint8Array ? body : new Uint8Array(await new Response(body).arrayBuffer())
  }
}

/** Gives what is known under a key or makes it, once for all who ask meanwhile; a failure is forgotten, and so is the oldest of too many. */
function remember<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key)
  if (before !== undefined) return before
  const making = make().catch((thrown: unknown) => {
    known.delete(key)
    throw thrown
  })
  known.set(key, making)
  for (const oldest of known.keys()) {
    if (known.size <= KNOWN) break
    known.delete(oldest)
  }
  return making
}
