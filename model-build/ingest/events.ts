import type { Config } from '../config/schema.ts'

/** Codes of event names in a log's rows: index into this list; a code beyond it is an unknown name. */
export const EVENT_NAMES = [
  'view',
  'click',
  'cart',
  'purchase',
  'favorite',
  'like',
  'rating',
  'impression',
  'dislike',
  'hide',
] as const

/** Code of a name found neither in EVENT_NAMES, the weights nor the aliases. */
export const UNKNOWN_EVENT = 255

/** The names a log may use and what each is worth; `names[code]` has weight `weights[code]`. */
export type EventTable = {
  readonly names: readonly string[]
  /** Length 256; `weights[UNKNOWN_EVENT]` is the weight of unknown names. */
  readonly weights: Float32Array
  /** Lower-case spelling to code, aliases included. */
  readonly codes: ReadonlyMap<string, number>
}

/** Builds the event table of a configuration; names that only the configuration knows get codes after EVENT_NAMES. */
export function createEventTable(events: Config['events']): EventTable {
  const names: string[] = [...EVENT_NAMES]
  for (const name of Object.keys(events.weights)) if (!names.includes(name)) names.push(name)
  const weights = new Float32Array(256)
  names.forEach((name, code) => {
    weights[code] = events.weights[name] ?? 0
  })
  weights[UNKNOWN_EVENT] = events.unknownWeight
  const codes = new Map(names.map((name, code) => [name.toLowerCase(), code]))
  for (const [alias, name] of Object.entries(events.aliases)) {
    const code = codes.get(name.toLowerCase())
    if (code !== undefined && !codes.has(alias.toLowerCase())) codes.set(alias.toLowerCase(), code)
  }
  return { names, weights, codes }
}
