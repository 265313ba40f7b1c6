import type { Catalogue, SpaceRows } from '../catalogue.ts'
import type { Retriever } from '../retriever.ts'
import { createJsScan } from '../scan/scan-js.ts'
import type { ScanRows } from '../scan/wasm-scan.ts'

/** Items in the second space, and what finds the nearest of them. */
export type SequenceSearch = SpaceRows & { readonly retriever: Retriever }

/**
 * Opens an exact scan over a catalogue's second space, or null where it has none.
 * @param open - Opens the scan; a plain-JavaScript one by default, which finds the same rows.
 */
export function openSequence(
  { sequence, itemNoOf, rowCount, rowsByItemNo }: Catalogue,
  open: (rows: ScanRows) => Retriever = createJsScan,
): SequenceSearch | null {
  if (sequence === null) return null
  const { quantised, dim } = sequence
  return { ...sequence, retriever: open({ quantised, dim, rowCount, itemNoOf, rowsByItemNo }) }
}
