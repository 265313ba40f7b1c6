import { RecError } from '#contract/errors'

/** The append-only numbers of a site's items: `ids[itemNo]` is the text id. */
export type ItemRegistry = { readonly v: 1; readonly ids: readonly string[] }

/**
 * Gives every item a number: known ids keep theirs for ever, new ones follow in order of falling support (ties by id), so
 * that popular items have small numbers, which compress better.
 * @returns The extended registry and the number of each item, in the order of `ids`.
 */
export function numberItems(
  registry: ItemRegistry,
  ids: readonly string[],
  support: Float64Array,
): { readonly registry: ItemRegistry; readonly itemNos: Uint32Array } {
  const known = new Map(registry.ids.map((id, itemNo) => [id, itemNo]))
  const fresh = Array.from(ids.keys())
    .filter((i) => !known.has(ids[i]))
    .sort((a, b) => support[b] - support[a] || (ids[a] < ids[b] ? -1 : 1))
  const all = [...registry.ids]
  for (const i of fresh) {
    known.set(ids[i], all.length)
    all.push(ids[i])
  }
  return { registry: { v: 1, ids: all }, itemNos: Uint32Array.from(ids, (id) => known.get(id) ?? 0) }
}

/** Reads a registry document. @throws RecError `input-malformed` */
export function parseRegistry(value: unknown): ItemRegistry {
  const raw = value as { v?: unknown; ids?: unknown } | null // checked on the next line
  if (raw?.v !== 1 || !Array.isArray(raw.ids) || raw.ids.some((id) => typeof id !== 'string')) {
    throw new RecError(
      'input-malformed',
      'the item registry is not valid; restore it from a backup, never start a new one',
    )
  }
  return { v: 1, ids: raw.ids as string[] } // checked above
}
