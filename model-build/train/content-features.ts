import type { CatalogueItem } from '../dataset.ts'

/**
 * What is known of items without their log: TF-IDF terms of Euclidean length 1 (0 for an item without any known term), then the item's own
 * vector where it has one, minus the mean of all and of length 1 too; columns ascending within a row.
 */
export type ContentRows = {
  readonly itemCount: number
  readonly termCount: number
  readonly offsets: Int32Array
  readonly terms: Int32Array
  readonly values: Float32Array
}

/** Weight of a term by where it comes from. */
const FIELD_WEIGHT = { word: 1, pair: 0.7, trigram: 0.3, category: 1.5, tag: 1 } as const
/** A term must occur in this many items to say anything about another one. */
const MIN_ITEMS = 2

/**
 * Terms of title words, word pairs and letter trigrams (any script, NFKD, lower case), category with its parents, and tags, by 32-bit hash;
 * weight ln(1 + tf) ln((1 + n) / (1 + df)), tf counted with the field's weight, rows normalised (Salton & Buckley 1988). Terms of one item alone are dropped.
 */
export function extractContent(items: readonly CatalogueItem[]): ContentRows {
  const rows = KNOWN.get(items) ?? readContent(items)
  KNOWN.set(items, rows)
  return rows
}

/** Every fit of a build reads the same catalogue, which is never written to; each takes seconds for 50 k items. */
const KNOWN = new WeakMap<readonly CatalogueItem[], ContentRows>()

/** Some rows of a content matrix; columns keep their numbers. */
export function takeRows({ termCount, offsets, terms, values }: ContentRows, rows: Int32Array): ContentRows {
  const taken = new Int32Array(rows.length + 1)
  rows.forEach((row, at) => {
    taken[at + 1] = taken[at] + offsets[row + 1] - offsets[row]
  })
  const out = { terms: new Int32Array(taken[rows.length]), values: new Float32Array(taken[rows.length]) }
  rows.forEach((row, at) => {
    out.terms.set(terms.subarray(offsets[row], offsets[row + 1]), taken[at])
    out.values.set(values.subarray(offsets[row], offsets[row + 1]), taken[at])
  })
  return { itemCount: rows.length, termCount, offsets: taken, ...out }
}

function readContent(items: readonly CatalogueItem[]): ContentRows {
  const counts = items.map(countTerms)
  const itemsWith = new Map<number, number>()
  for (const terms of counts) for (const term of terms.keys()) itemsWith.set(term, (itemsWith.get(term) ?? 0) + 1)
  const kept = [...itemsWith].filter(([, count]) => count >= MIN_ITEMS).map(([term]) => term)
  const column = new Map(kept.sort((a, b) => a - b).map((term, index) => [term, index]))
  const offsets = new Int32Array(items.length + 1)
  const rows = counts.map((terms) => weighTerms(terms, itemsWith, column, items.length))
  const vectors = centredVectors(items)
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i] + row.length + (vectors[i]?.length ?? 0)
  })
  const terms = new Int32Array(offsets[items.length])
  const values = new Float32Array(terms.length)
  rows.forEach((row, i) => {
    let at = offsets[i]
    for (const [term, value] of row) {
      terms[at] = term
      values[at++] = value
    }
    vectors[i]?.forEach((value, d) => {
      terms[at] = column.size + d
      values[at++] = value
    })
  })
  const dim = Math.max(0, ...new Set(vectors.map((vector) => vector?.length ?? 0)))
  return { itemCount: items.length, termCount: column.size + dim, offsets, terms, values }
}

/** Items' own vectors without what all have in common, of length 1; undefined where an item has none. */
function centredVectors(items: readonly CatalogueItem[]): (Float64Array | undefined)[] {
  const given = items.flatMap(({ vector }) => (vector === undefined ? [] : [vector]))
  const mean = new Float64Array(given[0]?.length ?? 0)
  for (const vector of given) for (let d = 0; d < mean.length; d++) mean[d] += vector[d] / given.length
  return items.map(({ vector }) => {
    if (vector === undefined) return undefined
    const own = Float64Array.from(vector, (value, d) => value - mean[d])
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0))
    return length > 0 ? own.map((value) => value / length) : own
  })
}

/** Words of a text: runs of letters and digits, without accents, lower case. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Term hash -> occurrences times field weight. */
function countTerms(item: CatalogueItem): Map<number, number> {
  const terms = new Map<number, number>()
  const add = (term: string, weight: number) => {
    const hash = hashText(term)
    terms.set(hash, (terms.get(hash) ?? 0) + weight)
  }
  const words = wordsOf(item.title)
  words.forEach((word, k) => {
    add(`w ${word}`, FIELD_WEIGHT.word)
    if (k > 0) add(`p ${words[k - 1]} ${word}`, FIELD_WEIGHT.pair)
    const letters = ` ${word} `
    for (let at = 0; at + 3 <= letters.length; at++) add(`t ${letters.slice(at, at + 3)}`, FIELD_WEIGHT.trigram)
  })
  const path = item.category.split(/[/>|]/).map((part) => part.trim().toLowerCase())
  path.forEach((part, depth) => {
    if (part !== '') add(`c ${path.slice(0, depth + 1).join('/')}`, FIELD_WEIGHT.category)
  })
  for (const tag of item.tags) add(`g ${tag.trim().toLowerCase()}`, FIELD_WEIGHT.tag)
  return terms
}

function weighTerms(
  terms: ReadonlyMap<number, number>,
  itemsWith: ReadonlyMap<number, number>,
  column: ReadonlyMap<number, number>,
  itemCount: number,
): [number, number][] {
  const row: [number, number][] = []
  for (const [term, weight] of terms) {
    const at = column.get(term)
    if (at === undefined) continue
    const idf = Math.log((1 + itemCount) / (1 + (itemsWith.get(term) ?? 0)))
    row.push([at, Math.log1p(weight) * idf])
  }
  const length = Math.sqrt(row.reduce((sum, [, value]) => sum + value * value, 0))
  const scale = length > 0 ? 1 / length : 0
  return row.sort(([a], [b]) => a - b).map(([term, value]) => [term, value * scale])
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return hash >>> 0
}
