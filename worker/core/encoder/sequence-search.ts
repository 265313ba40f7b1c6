import type { Catalogue, SpaceRows } from '../catalogue.ts'
import type { Retriever } from '../retriever.ts'
import { createJsScan } from '../scan/scan-js.ts'

/** Items in the second space, and what finds the nearest of them. */
export type SequenceSearch = SpaceRows & { readonly retriever: Retriever }

/** Opens an exact scan over a catalogue's second space, or null where it has none. */
export function openSequence(catalogue: Catalogue): SequenceSearch | null {
  const { sequence, itemNoOf, rowCount } = catalogue
  if (sequence === null) return null
  return { ...sequence, retriever: createJsScan({ quantised: sequence.quantised, itemNoOf, rowCount }) }
}
