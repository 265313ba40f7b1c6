import { decodeColumns } from '#contract/columns'
import { decodeGraph, groupCrc } from '#contract/graph'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import type { Model } from '#worker/core/model'
import type { Retriever, RowRange } from '#worker/core/retriever'
import { createJsScan } from '#worker/core/scan/scan-js'
import { loadHnswlib } from '../graph/load-hnswlib.ts'
import type { ReadObject } from './resident-model.ts'

/** The same model searched as a browser searches it: graphs over complete groups of resident cells, the scan over the rest. */
export async function withGraphs(model: Model, read: ReadObject): Promise<Model> {
  const { catalogue, manifest, table } = model
  const groups = new Set(catalogue.cells.map(({ group }) => group).filter((group) => group >= 0))
  if (table === null || groups.size === 0) return model
  const library = await loadHnswlib()
  const retrievers: Retriever[] = []
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
    const { efSearch } = manifest.retrieval
    const exact = createJsScan(catalogue, ranges)
    retrievers.push(
      createHnswRetriever({ library, graph: decodeGraph(bytes), catalogue, ranges, orderCrc, efSearch, exact }),
    )
  }
  const rest = scanned.sort((a, b) => a.from - b.from)
  return { ...model, retrievers: rest.length === 0 ? retrievers : [...retrievers, createJsScan(catalogue, rest)] }
}

function orderCrcOf(read: ReadObject, hash: string): number {
  return decodeColumns(read(hash) ?? new Uint8Array()).orderCrc
}
