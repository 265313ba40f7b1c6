import { RecError } from '#contract/errors'
import { eachList, type Graph } from '#contract/graph'

const HEADER_BYTES = 56

/**
 * The file that hnswlib-wasm 0.8.2 reads with `readIndex` (hnswlib's `saveIndex` in its 32-bit layout). Little-endian:
 *
 * | bytes        | content                                                                                              |
 * | ------------ | ---------------------------------------------------------------------------------------------------- |
 * | 0…23         | u32 offsetLevel0 (0), max_elements, cur_element_count, size_data_per_element, label_offset, offsetData |
 * | 24…31        | i32 maxlevel, u32 enterpoint                                                                         |
 * | 32…43        | u32 maxM, maxM0, M                                                                                   |
 * | 44…55        | f64 mult, u32 ef_construction                                                                        |
 * | per element  | u32 link count, u32[maxM0] links, f32[dim] vector, u32 label                                         |
 * | per element  | u32 byte length of its upper lists, then per level from 1: u32 link count, u32[M] links              |
 *
 * Labels are node numbers. `mult` only matters when points are added, which a device never does.
 * @param vectors - Row-major, itemCount × dim: what distances are computed from (augmented, see `augmentRows`).
 * @returns A new buffer.
 */
export function toHnswlib(graph: Graph, vectors: Float32Array, dim: number): Uint8Array<ArrayBuffer> {
  const { itemCount, m, levels, listOffsets, links } = graph
  if (vectors.length !== itemCount * dim)
    throw new RecError('shard-malformed', 'vectors do not fit the graph', { itemCount, dim })
  const listBytes = 4 + 8 * m
  const element = listBytes + 4 * dim + 4
  let upperLists = 0
  for (const level of levels) upperLists += level
  const upperBytes = 4 + 4 * m
  const upperAt = HEADER_BYTES + itemCount * element
  const words = new Uint32Array((upperAt + itemCount * 4 + upperLists * upperBytes) / 4)
  const floats = new Float32Array(words.buffer)
  writeHeader(words, graph, { element, labelOffset: element - 4, offsetData: listBytes })
  let upper = upperAt / 4
  eachList(levels, (node, list, level) => {
    const base = (HEADER_BYTES + node * element) / 4
    if (level === 0) {
      floats.set(vectors.subarray(node * dim, (node + 1) * dim), base + listBytes / 4)
      words[base + element / 4 - 1] = node
      words[upper++] = levels[node] * upperBytes
    }
    const at = level === 0 ? base : upper
    words[at] = listOffsets[list + 1] - listOffsets[list]
    for (let k = listOffsets[list]; k < listOffsets[list + 1]; k++) words[at + 1 + k - listOffsets[list]] = links[k]
    if (level > 0) upper += upperBytes / 4
  })
  return new Uint8Array(words.buffer)
}

function writeHeader(
  words: Uint32Array<ArrayBuffer>,
  { itemCount, m, entryPoint, efConstruction, levels }: Graph,
  sizes: { readonly element: number; readonly labelOffset: number; readonly offsetData: number },
): void {
  words.set([0, itemCount, itemCount, sizes.element, sizes.labelOffset, sizes.offsetData])
  const view = new DataView(words.buffer)
  view.setInt32(24, itemCount === 0 ? -1 : levels[entryPoint], true)
  view.setUint32(28, entryPoint, true)
  view.setUint32(32, m, true)
  view.setUint32(36, 2 * m, true)
  view.setUint32(40, m, true)
  view.setFloat64(44, 1 / Math.log(m), true)
  view.setUint32(52, efConstruction, true)
}

/**
 * Takes the graph out of a file in that layout.
 * @param file - What hnswlib-wasm wrote; nodes must have been added in label order, one thread.
 * @throws RecError `shard-malformed` when the file is cut or its labels are not 0, 1, 2, ….
 */
export function fromHnswlib(file: Uint8Array, orderCrc: number): Graph {
  const words = new Uint32Array(file.slice().buffer)
  const view = new DataView(words.buffer)
  const [, , itemCount = 0, element = 0, labelOffset = 0] = words
  const entryPoint = view.getUint32(28, true)
  const m = view.getUint32(40, true)
  const efConstruction = view.getUint32(52, true)
  const levels = new Uint8Array(itemCount)
  const lists: number[] = []
  const counts: number[] = []
  let upper = (HEADER_BYTES + itemCount * element) / 4
  for (let node = 0; node < itemCount; node++) {
    const base = (HEADER_BYTES + node * element) / 4
    if (words[base + labelOffset / 4] !== node)
      throw new RecError('shard-malformed', 'nodes were not added in order', { node })
    levels[node] = words[upper++] / (4 + 4 * m)
    for (let level = 0; level <= levels[node]; level++) {
      const at = level === 0 ? base : upper
      const found = [...words.subarray(at + 1, at + 1 + (words[at] & 0xffff))].sort((a, b) => a - b)
      for (const link of found) lists.push(link)
      counts.push(found.length)
      if (level > 0) upper += 1 + m
    }
  }
  if (upper !== words.length) throw new RecError('shard-malformed', 'a graph file is cut', { sizeBytes: file.length })
  const listOffsets = new Uint32Array(counts.length + 1)
  for (let l = 0; l < counts.length; l++) listOffsets[l + 1] = listOffsets[l] + counts[l]
  return { itemCount, orderCrc, m, efConstruction, entryPoint, levels, listOffsets, links: Uint32Array.from(lists) }
}

/**
 * Turns inner product into distance (Bachrach et al., RecSys 2014): each row gets one more value, sqrt(largest norm² - norm²), a query gets 0.
 * @param rows - Row-major, n × dim, dequantised.
 * @returns Row-major, n × (dim + 1), new; and the largest norm.
 */
export function augmentRows(rows: Float32Array, dim: number): { rows: Float32Array; largestNorm: number } {
  const count = rows.length / dim
  const norms = new Float64Array(count)
  let largest = 0
  for (let row = 0; row < count; row++) {
    for (let d = row * dim; d < (row + 1) * dim; d++) norms[row] += rows[d] * rows[d]
    if (norms[row] > largest) largest = norms[row]
  }
  const out = new Float32Array(count * (dim + 1))
  for (let row = 0; row < count; row++) {
    out.set(rows.subarray(row * dim, (row + 1) * dim), row * (dim + 1))
    out[row * (dim + 1) + dim] = Math.sqrt(largest - norms[row])
  }
  return { rows: out, largestNorm: Math.sqrt(largest) }
}
