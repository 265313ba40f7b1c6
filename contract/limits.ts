/** Limits shared by writers, readers and the HTTP layer. Sizes in bytes unless the name says otherwise. */
export const LIMITS = {
  /** An item id is text, never parsed as a number. */
  itemIdBytes: 128,
  siteNameChars: 64,
  /** Sections of one object file. */
  objectSections: 64,
  /** One object file; larger catalogues have more cells, not larger ones. */
  objectBytes: 64 * 2 ** 20,
  manifestBytes: 1 * 2 ** 20,
  pointerBytes: 16 * 2 ** 10,
  /** Items of one cell or head slice. */
  cellItems: 65_535,
  /** Voters kept of one candidate; a catalogue has 20 in the mean by default. */
  votersPerItem: 240,
  /** Tags kept per item. */
  tagsPerItem: 8,
  /** Latest events of a device that take part in a recommendation. */
  historyItems: 1_000,
  /** Candidates handed to the ranker. */
  candidates: 500,
  /** Items of one answered list. */
  listItems: 200,
  eventsPerBatch: 500,
  eventBatchBytes: 64 * 2 ** 10,
  batchIdChars: 64,
} as const

/** Whether a text is a valid site or channel name: lower-case letters, digits, dash, 1…64 characters, so that it is safe in a path. */
export function isSiteName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(text)
}

/** Whether a text is a SHA-256 in lower-case hex. */
export function isHash(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

/** Whether a value can be an item id: non-empty text without control characters or lone surrogates, at most 128 bytes of UTF-8. */
export function isItemId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > LIMITS.itemIdBytes) return false
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 32 || unit === 127) return false
  }
  return value.isWellFormed() && utf8Length(value) <= LIMITS.itemIdBytes
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the replacement character's three. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
