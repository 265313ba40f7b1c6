import { checkCellItems } from './cell-order.ts'
import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection, type Sections } from './object-file.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const SECTION = {
  header: 1,
  id: 2,
  title: 3,
  url: 4,
  image: 5,
  idLengths: 12,
  titleLengths: 13,
  urlLengths: 14,
  imageLengths: 15,
} as const

const FIELDS = ['id', 'title', 'url', 'image'] as const

type Field = (typeof FIELDS)[number]

/** What is shown of one item. Price and category come from the cell's columns and dictionary. */
export type Card = { readonly [F in Field]: string }

/** Cards of one cell in one locale, in cell order; texts are decoded on demand. */
export type CardCell = {
  readonly itemCount: number
  readonly orderCrc: number
  /** The card of the i-th item. */
  card(index: number): Card
  /** The text id of the i-th item. */
  id(index: number): string
}

/**
 * Cards object: each field's texts run together in UTF-8, their byte lengths beside them.
 *
 * | section | content                                                            |
 * | ------- | ------------------------------------------------------------------ |
 * | 1       | {itemCount u32, orderCrc u32}                                      |
 * | 2…5     | UTF-8 of all ids, titles, urls, images                             |
 * | 12…15   | varint[itemCount] byte length of each id, title, url, image        |
 */
export function encodeCards(cards: readonly Card[], orderCrc: number): Uint8Array {
  checkCellItems(cards.length)
  const header = new DataView(new ArrayBuffer(8))
  header.setUint32(0, cards.length, true)
  header.setUint32(4, orderCrc, true)
  const sections = new Map<number, Uint8Array>([[SECTION.header, new Uint8Array(header.buffer)]])
  const encoder = new TextEncoder()
  for (const field of FIELDS) {
    const texts = cards.map((card) => encoder.encode(card[field]))
    const all = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 0))
    const lengths = new VarintWriter()
    let end = 0
    for (const text of texts) {
      all.set(text, end)
      end += text.length
      lengths.write(text.length)
    }
    sections.set(SECTION[field], all)
    sections.set(SECTION[`${field}Lengths`], lengths.finish())
  }
  return encodeObject(OBJECT_KIND.cards, sections)
}

/** Reads a cards object; texts share the file's memory until asked for. @throws RecError `shard-malformed` */
export function decodeCards(bytes: Uint8Array): CardCell {
  const sections = decodeObject(bytes, OBJECT_KIND.cards)
  const head = requireSection(sections, SECTION.header)
  if (head.length !== 8) throw new RecError('shard-malformed', 'a wrong cards header', { sizeBytes: head.length })
  const view = new DataView(head.buffer, head.byteOffset, 8)
  const itemCount = view.getUint32(0, true)
  checkCellItems(itemCount)
  const read = {
    id: textReader(sections, 'id', itemCount),
    title: textReader(sections, 'title', itemCount),
    url: textReader(sections, 'url', itemCount),
    image: textReader(sections, 'image', itemCount),
  }
  return {
    itemCount,
    orderCrc: view.getUint32(4, true),
    card: (index) => ({ id: read.id(index), title: read.title(index), url: read.url(index), image: read.image(index) }),
    id: read.id,
  }
}

function textReader(sections: Sections, field: Field, count: number): (index: number) => string {
  const all = requireSection(sections, SECTION[field])
  const lengths = new VarintReader(requireSection(sections, SECTION[`${field}Lengths`]))
  const ends = new Uint32Array(count + 1)
  let end = 0
  for (let i = 0; i < count; i++) {
    end += lengths.read()
    ends[i + 1] = end
  }
  lengths.end()
  if (end !== all.length)
    throw new RecError('shard-malformed', 'card texts do not fit their lengths', { sizeBytes: all.length })
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true }) // a leading U+FEFF belongs to the text
  return (index) => decoder.decode(all.subarray(ends[index], ends[index + 1]))
}
