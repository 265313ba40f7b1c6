import { decodeColumns } from '#contract/columns'
import { decodeGraph, groupCrc } from '#contract/graph'
import type { Model } from '#worker/core/model'
import type { RowRange } from '#worker/core/retriever'
import { mostLinks } from '#worker/core/scan/graph-lists'
import { createScanMemory, type RowGraph } from '#worker/core/scan/wasm-scan'
import type { ReadObject } from './resident-model.ts'
import { loadScanModule } from './scan-module.ts'

/** The same model searched as a browser searches it: graphs over complete groups of resident cells, the scan over the rest. */
export function withGraphs(model: Model, read: ReadObject): Model {
  const { catalogue, manifest, table } = model
  const groups = new Set(catalogue.cells.map(({ group }) => group).filter((group) => group >= 0))
  if (table === null || groups.size === 0) return model
  const graphs: RowGraph[] = []
  const scanned: RowRange[] = catalogue.cells.filter(({ group }) => group < 0)
  for (const group of groups) {
    const ranges = catalogue.cells.filter((cell) => cell.group === group)
    const cells = table.cells.filter((cell) => cell.group === group)
    const bytes = read(table.graphs[group]?.hash ?? '')
    const size = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
    if (bytes === undefined || ranges.length < cells.length || size < manifest.retrieval.graphMinItems) {
      scanned.push(...ranges)
      continue
    }
    const orderCrc = groupCrc(cells.map(({ objects }) => orderCrcOf(read, objects.columns.hash)))
    graphs.push({ graph: decodeGraph(bytes), ranges, orderCrc })
  }
  const linkRoom = table.graphs.reduce((sum, { sizeBytes }) => sum + mostLinks(sizeBytes), 0)
  const memory = createScanMemory(loadScanModule(), linkRoom)
  const retrievers = memory.openGraphs(catalogue, graphs, manifest.retrieval.efSearch)
  const rest = scanned.sort((a, b) => a.from - b.from)
  return { ...model, retrievers: rest.length === 0 ? retrievers : [...retrievers, memory.open(catalogue, rest)] }
}

function orderCrcOf(read: ReadObject, hash: string): number {
  return decodeColumns(read(hash) ?? new Uint8Array()).orderCrc
}
