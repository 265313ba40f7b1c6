import { integerQuery, quantise } from '#contract/vectors'
import type { Retriever } from '#worker/core/retriever'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import { loadScanModule } from '../device/scan-module.ts'
import type { GraphInput } from './build-graph.ts'

/** Strongest inner products looked at for each node. */
const LOOKED_AT = 64

/** A link is left out when a kept one leads to its end by a product at least this much larger. */
const DOMINANCE = 1.2

/**
 * For each node the nodes with the largest inner product with it (exact scan, n² products), thinned out: a link i → c goes when a kept
 * neighbour k has a product with c of at least `DOMINANCE` times that of i, and c is no stronger than k along k.
 * @returns One list per node, strongest first, at most `most`.
 */
export function innerProductLinks(
  { vectors, dim }: GraphInput,
  { most, onProgress }: { readonly most: number; readonly onProgress: (share: number) => void },
): Uint32Array[] {
  const count = vectors.length / dim
  const scales = gridOf(vectors, dim)
  const scan = openScan(quantise(vectors, scales), dim)
  const nobody = new Uint8Array(count)
  const product = (a: number, b: number): number => {
    let sum = 0
    for (let d = 0; d < dim; d++) sum += vectors[a * dim + d] * vectors[b * dim + d]
    return sum
  }
  const lists: Uint32Array[] = []
  for (let node = 0; node < count; node++) {
    if (node % 1_000 === 0) onProgress(node / count)
    const query = integerQuery(vectors.subarray(node * dim, (node + 1) * dim), scales)
    const kept: { readonly node: number; readonly norm: number }[] = []
    for (const other of scan.search(query, LOOKED_AT, nobody).rows) {
      if (kept.length === most) break
      if (other === node) continue
      const own = DOMINANCE * product(node, other)
      const isDominated = kept.some((near) => {
        const through = product(near.node, other)
        return through >= own && near.norm >= through
      })
      if (!isDominated) kept.push({ node: other, norm: product(other, other) })
    }
    lists.push(Uint32Array.from(kept, (near) => near.node))
  }
  return lists
}

function gridOf(vectors: Float32Array, dim: number): Float32Array {
  const scales = new Float32Array(dim).fill(Number.MIN_VALUE)
  for (let k = 0; k < vectors.length; k++) scales[k % dim] = Math.max(scales[k % dim], Math.abs(vectors[k]) / 127)
  return scales.map((scale) => (scale > 0 ? scale : 1))
}

function openScan(quantised: Int8Array, dim: number): Retriever {
  const rowCount = quantised.length / dim
  const rowsByItemNo = Uint32Array.from({ length: rowCount }, (_, row) => row)
  const rows = { quantised, dim, rowCount, rowsByItemNo, itemNoOf: rowsByItemNo }
  return createScanMemory(loadScanModule()).open(rows)
}
