/** One row of our `interactions` file. */
export type InteractionRow = {
  readonly user: string
  readonly item: string
  /** Milliseconds since the epoch, UTC; NaN where the source has none. */
  readonly at: number
  /** One of ours where the source's name is known, else the source's own in lower case. */
  readonly event: string
  /** Money, major units; NaN where there is none. */
  readonly value: number
}

/** One row of our `items` file; undefined is written as an empty field. */
export type ItemRow = {
  readonly id: string
  readonly title?: string
  readonly category?: string
  readonly url?: string
  readonly image?: string
  /** Major units. */
  readonly price?: number
  /** Milliseconds since the epoch, UTC. */
  readonly createdAt?: number
  readonly tags?: readonly string[]
  readonly available?: boolean
}

/** Header of `interactions.csv`. */
export const INTERACTION_COLUMNS = ['user_id', 'item_id', 'timestamp', 'event', 'value'] as const

/** Header of `items.csv`. */
export const ITEM_COLUMNS = [
  'item_id',
  'title',
  'category',
  'url',
  'image',
  'price',
  'created_at',
  'tags',
  'available',
] as const

/** A row as a line of CSV, without its end. */
export function interactionLine({ user, item, at, event, value }: InteractionRow): string {
  return csvLine([user, item, isoTime(at), event, Number.isFinite(value) ? String(value) : ''])
}

/** A row as a line of CSV, without its end; tags are a JSON array. */
export function itemLine(row: ItemRow): string {
  const tags = row.tags === undefined || row.tags.length === 0 ? '' : JSON.stringify(row.tags)
  const price = row.price === undefined || !Number.isFinite(row.price) ? '' : String(row.price)
  const head = [row.id, row.title, row.category, row.url, row.image, price]
  return csvLine([...head, isoTime(row.createdAt ?? Number.NaN), tags, String(row.available ?? true)])
}

function isoTime(at: number): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : ''
}

function csvLine(fields: readonly (string | undefined)[]): string {
  return fields.map((field) => quoteField((field ?? '').replace(/[\r\n]+/g, ' '))).join(',')
}

function quoteField(text: string): string {
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
