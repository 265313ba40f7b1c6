import { UNKNOWN_U16 } from '#contract/columns'
import { LIMITS } from '#contract/limits'
import type { Dictionaries } from '#contract/manifest'
import type { CatalogueItem } from '../dataset.ts'

/** Tags that fewer items carry say nothing that an item's own votes do not. */
const MIN_TAG_ITEMS = 3

/** A dictionary with the way back from names. */
export type IndexedDictionaries = {
  readonly dictionaries: Dictionaries
  categoryOf(item: CatalogueItem): number
  /** At most 8 tags of the item, the rarest of the dictionary first chosen, ascending. */
  tagsOf(item: CatalogueItem): number[]
}

/** Extends the category and tag dictionaries of the last release (append-only) by the names that the catalogue uses, most frequent first. */
export function buildDictionaries(items: readonly CatalogueItem[], last: Dictionaries | null): IndexedDictionaries {
  const categories = extend(
    last?.categories ?? [],
    count(items, (item) => (item.category === '' ? [] : [item.category])),
    1,
  )
  const tagItems = count(items, (item) => new Set(item.tags))
  const tags = extend(last?.tags ?? [], tagItems, MIN_TAG_ITEMS)
  const categoryIndex = new Map(categories.map((name, i) => [name, i]))
  const tagIndex = new Map(tags.map((name, i) => [name, i]))
  return {
    dictionaries: { v: 1, categories, tags },
    categoryOf: (item) => categoryIndex.get(item.category) ?? UNKNOWN_U16,
    tagsOf: (item) =>
      [...new Set(item.tags)]
        .filter((tag) => tagIndex.has(tag))
        .sort((a, b) => (tagItems.get(a) ?? 0) - (tagItems.get(b) ?? 0) || (a < b ? -1 : 1))
        .slice(0, LIMITS.tagsPerItem)
        .map((tag) => tagIndex.get(tag) ?? 0)
        .sort((a, b) => a - b),
  }
}

function count(items: readonly CatalogueItem[], names: (item: CatalogueItem) => Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) for (const name of names(item)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function extend(known: readonly string[], counts: ReadonlyMap<string, number>, least: number): string[] {
  const names = [...known]
  const has = new Set(known)
  const fresh = [...counts]
    .filter(([name, n]) => n >= least && !has.has(name))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  for (const [name] of fresh) if (names.length < UNKNOWN_U16) names.push(name)
  return names
}
