import { decodeCards } from '#contract/cards'
import { decodeColumns } from '#contract/columns'
import { RecError } from '#contract/errors'
import { decodeGramian } from '#contract/gramian'
import { type Manifest, parseDictionaries } from '#contract/manifest'
import { applyPatch, decodePatch } from '#contract/patch'
import { type CellEntry, decodeShardTable } from '#contract/shard-table'
import { decodeTrees, type TreeEnsemble } from '#contract/trees'
import { decodeVectors } from '#contract/vectors'
import { decodeVoters } from '#contract/voters'
import { createCatalogue, type ResidentCell } from '#worker/core/catalogue'
import { openSequence } from '#worker/core/encoder/sequence-search'
import { createModel, type Model } from '#worker/core/model'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import { loadScanModule } from './scan-module.ts'

/** Where a release's objects come from, by hash. */
export type ReadObject = (hash: string) => Uint8Array | undefined

/** Items that a desktop-tier device keeps (DESIGN section 4). */
export const DESKTOP_ITEMS = 250_000

export type ResidentOptions = {
  readonly residentItems?: number
  /** Texts are only needed to show items. */
  readonly withCards?: boolean
}

/**
 * Loads a release exactly as a device does: decodes the published bytes, cells in public fetch order until the tier is full.
 * @throws RecError `object-missing` or what decoding finds.
 */
export function loadModel(
  manifest: Manifest,
  read: ReadObject,
  { residentItems = DESKTOP_ITEMS, withCards = false }: ResidentOptions = {},
): Model {
  const get = (hash: string): Uint8Array => {
    const bytes = read(hash)
    if (bytes === undefined) throw new RecError('object-missing', 'an object of the release is missing')
    return bytes
  }
  const table = decodeShardTable(get(manifest.shardTable.hash))
  const cells: ResidentCell[] = []
  let items = 0
  for (const [cellIndex, entry] of table.cells.entries()) {
    if (items + entry.itemCount > residentItems) break
    cells.push(decodeCell(entry, cellIndex, get, withCards))
    items += entry.itemCount
  }
  const memory = createScanMemory(loadScanModule())
  const second = createScanMemory(loadScanModule())
  const catalogue = createCatalogue(manifest, cells, memory.allocate, second.allocate)
  return createModel({
    manifest,
    dictionaries: parseDictionaries(JSON.parse(new TextDecoder().decode(get(manifest.dictionaries.hash)))),
    catalogue,
    gramians: [decodeGramian(get(manifest.spaces[0].gramian.hash))],
    retrievers: [memory.open(catalogue)],
    sequence: openSequence(catalogue, second.open),
    trees: treesOf(manifest, get),
    table,
  })
}

function decodeCell(
  entry: CellEntry,
  cellIndex: number,
  get: (hash: string) => Uint8Array,
  withCards: boolean,
): ResidentCell {
  const { objects } = entry
  const card = objects.cards[0]
  const parts = {
    vectors: objects.vectors.map((ref) => decodeVectors(get(ref.hash))),
    voters: decodeVoters(get(objects.voters.hash)),
    columns: decodeColumns(get(objects.columns.hash)),
  }
  return {
    entry,
    cellIndex,
    ...(objects.patch === undefined ? parts : applyPatch(parts, decodePatch(get(objects.patch.hash)))),
    cards: withCards && card !== undefined ? decodeCards(get(card.hash)) : null,
  }
}

function treesOf(manifest: Manifest, get: (hash: string) => Uint8Array): TreeEnsemble | null {
  const ranker = manifest.rankers[0]
  return ranker === undefined || ranker.trees === null ? null : decodeTrees(get(ranker.trees.hash))
}
