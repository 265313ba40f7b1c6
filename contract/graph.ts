import { crc32 } from './crc32.ts'
import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const SECTION = { header: 1, levels: 2, counts: 3, low: 4, high: 5 } as const

const HEADER_WORDS = 7

/** Levels of a graph at most; 100 k items at M = 8 have about 6. */
const MOST_LEVELS = 32

/** Links of a node on one level at most. */
const MOST_LINKS = 255

/**
 * An HNSW graph over a group of cells; node i is the i-th item of the group's cells in table order. Lists stand node by node,
 * level 0 first: node i has levels[i] + 1 of them. Links of a list ascend; vectors are not part of it.
 */
export type Graph = {
  readonly itemCount: number
  /** `groupCrc` of the cells it was built over. */
  readonly orderCrc: number
  /** Links of a node above level 0 at most; twice as many on level 0. */
  readonly m: number
  readonly efConstruction: number
  readonly entryPoint: number
  readonly levels: Uint8Array
  /** List l holds links[listOffsets[l] … listOffsets[l + 1] - 1]. */
  readonly listOffsets: Uint32Array
  readonly links: Uint32Array
}

/** Identifies the members of a group and their order: CRC-32 over the `orderCrc`s of its cells. */
export function groupCrc(orderCrcs: readonly number[]): number {
  const view = new DataView(new ArrayBuffer(orderCrcs.length * 4))
  orderCrcs.forEach((crc, i) => {
    view.setUint32(i * 4, crc, true)
  })
  return crc32(new Uint8Array(view.buffer))
}

/**
 * Graph object. A list is written as differences: the first link against its own node (zigzag), then distances - 1; each difference is split into
 * its low byte and the rest, which compress better apart. Neighbours are mostly of the same cell, so differences are small.
 *
 * | section | content                                                                                         |
 * | ------- | ----------------------------------------------------------------------------------------------- |
 * | 1       | {itemCount u32, orderCrc u32, m u32, efConstruction u32, entryPoint u32, lists u32, links u32}  |
 * | 2       | u8[itemCount] highest level of each node                                                        |
 * | 3       | u8[lists] links of each list                                                                    |
 * | 4       | u8[links] difference mod 256                                                                    |
 * | 5       | varint[links] difference div 256                                                                |
 */
export function encodeGraph(graph: Graph): Uint8Array {
  const { itemCount, levels, listOffsets, links } = graph
  const lists = listOffsets.length - 1
  const header = new DataView(new ArrayBuffer(HEADER_WORDS * 4))
  const words = [itemCount, graph.orderCrc, graph.m, graph.efConstruction, graph.entryPoint, lists, links.length]
  words.forEach((word, i) => {
    header.setUint32(i * 4, word, true)
  })
  const counts = new Uint8Array(lists)
  const low = new Uint8Array(links.length)
  const high = new VarintWriter()
  eachList(levels, (node, list) => {
    counts[list] = listOffsets[list + 1] - listOffsets[list]
    let last = -1
    for (let k = listOffsets[list]; k < listOffsets[list + 1]; k++) {
      if (links[k] <= last) throw new RecError('shard-malformed', 'links of a node ascend strictly')
      const step = last < 0 ? zigzag(links[k] - node) : links[k] - last - 1
      low[k] = step & 255
      high.write(step >>> 8)
      last = links[k]
    }
  })
  return encodeObject(
    OBJECT_KIND.graph,
    new Map([
      [SECTION.header, new Uint8Array(header.buffer)],
      [SECTION.levels, levels],
      [SECTION.counts, counts],
      [SECTION.low, low],
      [SECTION.high, high.finish()],
    ]),
  )
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Visits every list in file order. */
export function eachList(levels: Uint8Array, visit: (node: number, list: number, level: number) => void): void {
  let list = 0
  for (let node = 0; node < levels.length; node++)
    for (let level = 0; level <= levels[node]; level++) visit(node, list++, level)
}

/** Reads a graph object; every link points to a node that has its level. `levels` shares the file's memory. @throws RecError `shard-malformed` */
export function decodeGraph(file: Uint8Array): Graph {
  const sections = decodeObject(file, OBJECT_KIND.graph)
  const head = requireSection(sections, SECTION.header)
  if (head.length !== HEADER_WORDS * 4) throw new RecError('shard-malformed', 'a wrong graph header')
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const [itemCount = 0, orderCrc = 0, m = 0, efConstruction = 0, entryPoint = 0, lists = 0, linkCount = 0] = Array.from(
    { length: HEADER_WORDS },
    (_, i) => view.getUint32(i * 4, true),
  )
  const levels = requireSection(sections, SECTION.levels)
  const counts = requireSection(sections, SECTION.counts)
  const low = requireSection(sections, SECTION.low)
  let listsOfLevels = 0
  for (const level of levels) listsOfLevels += level + 1
  const fits = levels.length === itemCount && listsOfLevels === lists && counts.length === lists
  if (!fits || low.length !== linkCount || m < 2 || m > MOST_LINKS / 2 || (itemCount > 0 && entryPoint >= itemCount))
    throw new RecError('shard-malformed', 'a graph does not fit its header', { itemCount, lists })
  const graph = {
    itemCount,
    orderCrc,
    m,
    efConstruction,
    entryPoint,
    levels,
    ...readLinks(levels, counts, low, sections),
  }
  checkGraph(graph)
  return graph
}

function readLinks(levels: Uint8Array, counts: Uint8Array, low: Uint8Array, sections: ReadonlyMap<number, Uint8Array>) {
  const high = new VarintReader(requireSection(sections, SECTION.high))
  const listOffsets = new Uint32Array(counts.length + 1)
  for (let l = 0; l < counts.length; l++) listOffsets[l + 1] = listOffsets[l] + counts[l]
  if (listOffsets[counts.length] !== low.length)
    throw new RecError('shard-malformed', 'links do not fit their counts', { links: low.length })
  const links = new Uint32Array(low.length)
  eachList(levels, (node, list) => {
    let last = -1
    for (let k = listOffsets[list]; k < listOffsets[list + 1]; k++) {
      const step = high.read() * 256 + low[k]
      const link = last < 0 ? node + unzigzag(step) : last + step + 1
      if (link < 0 || link >= levels.length)
        throw new RecError('shard-malformed', 'a link leaves its graph', { itemCount: levels.length })
      links[k] = link
      last = link
    }
  })
  high.end()
  return { listOffsets, links }
}

/** A search must never read beside a list: links stay on their level, lists within m, and the entry point is on top. */
function checkGraph({ itemCount, levels, listOffsets, links, m, entryPoint }: Graph): void {
  const wrong = (message: string) => new RecError('shard-malformed', message, { itemCount })
  let top = 0
  for (const level of levels) top = Math.max(top, level)
  if (top >= MOST_LEVELS || (itemCount > 0 && levels[entryPoint] !== top))
    throw wrong('a graph has a wrong entry point')
  eachList(levels, (node, list, level) => {
    if (listOffsets[list + 1] - listOffsets[list] > (level === 0 ? 2 * m : m)) throw wrong('a node has too many links')
    for (let k = listOffsets[list]; k < listOffsets[list + 1]; k++)
      if (links[k] === node || levels[links[k]] < level) throw wrong('a link leaves its level')
  })
}
