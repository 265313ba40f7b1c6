import { RecError } from '#contract/errors'
import { eachList, type Graph } from '#contract/graph'
import type { RowRange } from '../retriever.ts'
import type { RowGraph } from './wasm-scan.ts'

/** What a search of one graph needs beside the lists. */
export type GroupLists = {
  readonly ranges: readonly RowRange[]
  readonly items: number
  /** Rows to start from: all nodes of the graph's upper levels, as many levels as fit. */
  readonly entries: Uint32Array
}

type Room = {
  /** One more than rows; rows outside the graphs get empty lists. */
  readonly offsets: Uint32Array
  readonly links: Uint32Array
  readonly mostEntries: number
}

/** Links on the ground level that a graph object of some size can hold: each takes two bytes and more. */
export function mostLinks(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 2)
}

/**
 * Writes the ground lists of graphs as rows. A search starts from all nodes of a high level at once, which costs less than walking down: the levels
 * above the ground are not kept.
 * @throws RecError `shard-malformed` when a graph and its rows do not fit, `engine-unavailable` when the links do not.
 */
export function layLists(graphs: readonly RowGraph[], { offsets, links, mostEntries }: Room): GroupLists[] {
  const rowsOfGraphs = graphs.map((each) => rowsOf(each))
  offsets.fill(0)
  graphs.forEach(({ graph }, g) => {
    eachList(graph.levels, (node, list, level) => {
      if (level === 0) offsets[rowsOfGraphs[g][node] + 1] = graph.listOffsets[list + 1] - graph.listOffsets[list]
    })
  })
  for (let row = 0; row + 1 < offsets.length; row++) offsets[row + 1] += offsets[row]
  const total = offsets[offsets.length - 1]
  if (total > links.length)
    throw new RecError('engine-unavailable', 'graphs have more links than was said', { links: total })
  graphs.forEach(({ graph }, g) => {
    const rows = rowsOfGraphs[g]
    eachList(graph.levels, (node, list, level) => {
      if (level > 0) return
      let at = offsets[rows[node]]
      for (let k = graph.listOffsets[list]; k < graph.listOffsets[list + 1]; k++) links[at++] = rows[graph.links[k]]
    })
  })
  return graphs.map(({ graph, ranges }, g) => {
    const rows = rowsOfGraphs[g]
    return { ranges, items: rows.length, entries: entriesOf(graph, rows, mostEntries) }
  })
}

function rowsOf({ graph, ranges, orderCrc }: RowGraph): Int32Array {
  const rows = new Int32Array(ranges.reduce((sum, { from, to }) => sum + to - from, 0))
  if (rows.length !== graph.itemCount || orderCrc !== graph.orderCrc)
    throw new RecError('shard-malformed', 'a graph was built over another group', { itemCount: graph.itemCount })
  let node = 0
  for (const { from, to } of ranges) for (let row = from; row < to; row++) rows[node++] = row
  return rows
}

function entriesOf({ levels, entryPoint }: Graph, rows: Int32Array, most: number): Uint32Array {
  const above = new Uint32Array(256)
  for (const level of levels) above[level]++
  let level = above.length - 1
  for (let sum = 0; level > 1 && sum + above[level - 1] <= most; sum += above[level]) level--
  const nodes = [...levels.keys()].filter((node) => levels[node] >= level)
  return Uint32Array.from(nodes.length > 0 ? nodes : [entryPoint], (node) => rows[node])
}
