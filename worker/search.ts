import { UNKNOWN_U16 } from '#contract/columns'
import { RecError } from '#contract/errors'
import type { CardView, CategoryCount, SearchReply, SearchRequest } from '#contract/rpc'
import type { Model } from '#worker/core/model'
import { cardView } from './reply.ts'

const MOST_ITEMS = 200

/** Looks through resident cards; texts are folded once per model. */
export interface CardSearch {
  /** @throws RecError `bad-request` naming the field */
  search(request: SearchRequest): SearchReply
  categories(): readonly CategoryCount[]
}

/** Wires a search over a model; nothing is read before the first call. */
export function createCardSearch(model: Model): CardSearch {
  let folded: { readonly titles: readonly string[]; readonly byPopularity: Uint32Array } | null = null
  const { catalogue, dictionaries, unavailable } = model
  const { category, popularity } = catalogue.columns
  return {
    search: (request) => {
      checkSearch(request)
      folded ??= { titles: foldTitles(model), byPopularity: orderByPopularity(popularity) }
      const { titles, byPopularity } = folded
      const phrase = fold(request.text ?? '').trim()
      const words = phrase.split(/\s+/).filter((word) => word !== '')
      const wanted = request.category === undefined ? -1 : dictionaries.categories.indexOf(request.category)
      const first: number[] = []
      const others: number[] = []
      for (const row of byPopularity) {
        const title = titles[row]
        if (title === undefined || title === '' || unavailable[row] !== 0) continue
        if (request.category !== undefined && category[row] !== wanted) continue
        if (!words.every((word) => title.includes(word))) continue
        const isFirst = phrase !== '' && title.startsWith(phrase)
        if (isFirst) first.push(row)
        else others.push(row)
      }
      const rows = [...first, ...others]
      const from = request.offset ?? 0
      const items = rows.slice(from, from + request.limit).map((row) => cardView(model, row))
      return { total: rows.length, items: items.filter((item): item is CardView => item !== null) }
    },
    categories: () => countCategories(model),
  }
}

function checkSearch(request: SearchRequest): void {
  const isCount = (value: unknown, least: number, most: number): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
  if (typeof request !== 'object' || request === null) throw bad('request')
  if (!isCount(request.limit, 1, MOST_ITEMS)) throw bad('limit')
  if (request.offset !== undefined && !isCount(request.offset, 0, 2 ** 31)) throw bad('offset')
  if (request.text !== undefined && typeof request.text !== 'string') throw bad('text')
  if (request.category !== undefined && typeof request.category !== 'string') throw bad('category')
}

function countCategories({ catalogue, dictionaries, unavailable }: Model): readonly CategoryCount[] {
  const counts = new Map<number, number>()
  catalogue.columns.category.forEach((index, row) => {
    if (index !== UNKNOWN_U16 && unavailable[row] === 0) counts.set(index, (counts.get(index) ?? 0) + 1)
  })
  return [...counts]
    .map(([index, items]) => ({ name: dictionaries.categories[index] ?? '', items }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => b.items - a.items || (a.name < b.name ? -1 : 1))
}

/** Title and category of each row, folded, the title first. */
function foldTitles({ catalogue, dictionaries }: Model): string[] {
  const names = dictionaries.categories.map(fold)
  return Array.from({ length: catalogue.rowCount }, (_, row) => {
    const card = catalogue.cardOf(row)
    return card === null ? '' : `${fold(card.title)}\n${names[catalogue.columns.category[row]] ?? ''}`
  })
}

function orderByPopularity(popularity: Uint8Array): Uint32Array {
  return Uint32Array.from(popularity, (_, row) => row).sort((a, b) => popularity[b] - popularity[a] || a - b)
}

/** Lower case without accents. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

function bad(field: string): RecError {
  return new RecError('bad-request', `the search has a wrong ${field}`, { field })
}
