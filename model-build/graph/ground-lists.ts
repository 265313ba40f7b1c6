import { eachList, type Graph } from '#contract/graph'

/** Links of each node on level 0; views on the graph. */
export function groundLists(graph: Graph): Uint32Array[] {
  const lists: Uint32Array[] = []
  eachList(graph.levels, (_node, list, level) => {
    if (level === 0) lists.push(graph.links.subarray(graph.listOffsets[list], graph.listOffsets[list + 1]))
  })
  return lists
}

/**
 * Joins lists of links node by node, without repeats; earlier kinds come first when there is no room for all.
 * @returns Ascending lists of at most `room` links.
 */
export function mergeLists(kinds: readonly (readonly Uint32Array[])[], room: number): Uint32Array[] {
  const first = kinds[0] ?? []
  return first.map((_, node) => {
    const all = new Set(kinds.flatMap((lists) => [...lists[node]]))
    return Uint32Array.from([...all].slice(0, room)).sort()
  })
}

/** The same graph with other links on level 0 and room for 2 · m of them. */
export function replaceGround(graph: Graph, ground: readonly Uint32Array[], m: number): Graph {
  const lists: Uint32Array[] = []
  eachList(graph.levels, (node, list, level) => {
    lists.push(level === 0 ? ground[node] : graph.links.subarray(graph.listOffsets[list], graph.listOffsets[list + 1]))
  })
  const listOffsets = new Uint32Array(lists.length + 1)
  lists.forEach((list, l) => {
    listOffsets[l + 1] = listOffsets[l] + list.length
  })
  const links = new Uint32Array(listOffsets[lists.length])
  lists.forEach((list, l) => {
    links.set(list, listOffsets[l])
  })
  return { ...graph, m, listOffsets, links }
}
