import { decodeColumns } from '#contract/columns'
import { decodeDirectory, hashId, sliceOf } from '#contract/directory'
import type { ShardTable } from '#contract/shard-table'
import { decodeVectors, dequantise } from '#contract/vectors'
import type { EngineDeps } from '../deps.ts'
import type { Snapshot } from '../profile/profile.ts'
import type { Installation } from './keeper.ts'
import type { ObjectSource } from './objects.ts'

/** Objects fetched beside each one that is wanted, so that the edge does not see which. */
const DECOYS = 3

/** Items looked up in one go. */
const MOST_ITEMS = 20

export type OutsideParts = {
  readonly deps: Pick<EngineDeps, 'random'>
  readonly source: ObjectSource
  readonly installation: Installation
  /** Cells of this device, which need not be fetched. */
  readonly resident: ReadonlySet<number>
}

/**
 * Finds what a history needs of items whose cells are not on this device: directory slice, then cell, each fetched among decoys in random
 * order. What was fetched stays stored, so that the same want is seen once.
 * @returns Snapshots by text id; ids that the release does not know are missing.
 * @throws RecError of the downloads
 */
export async function findOutside(ids: readonly string[], parts: OutsideParts): Promise<ReadonlyMap<string, Snapshot>> {
  const found = new Map<string, Snapshot>()
  const { directory } = parts.installation.root.manifest
  for (const id of ids.slice(0, MOST_ITEMS)) {
    const wanted = sliceOf(directory, hashId(id))
    if (wanted < 0) continue
    const decoys = drawDecoys({ count: directory.length, wanted, random: parts.deps.random, weightOf: () => 1 })
    const entry = await among(wanted, decoys, parts, async (index) => {
      const ref = directory[index]?.ref
      return ref === undefined ? null : read(parts, ref, (bytes) => decodeDirectory(bytes).lookup(id))
    })
    if (entry === null || entry === undefined || parts.resident.has(entry.cell)) continue
    const snapshot = await fetchSnapshot(entry, parts)
    if (snapshot !== null) found.set(id, snapshot)
  }
  return found
}

async function fetchSnapshot(
  { itemNo, cell }: { readonly itemNo: number; readonly cell: number },
  parts: OutsideParts,
): Promise<Snapshot | null> {
  const { table, manifest } = parts.installation.root
  const weightOf = (index: number): number => (table.cells[index]?.popularity ?? 0) + 1
  const decoys = drawDecoys({ count: table.cells.length, wanted: cell, random: parts.deps.random, weightOf })
  const space = manifest.spaces[0]
  const loaded = await among(cell, decoys, parts, (index) => loadPart(table, index, parts))
  const at = loaded?.columns.itemNos.indexOf(itemNo) ?? -1
  if (loaded === null || loaded === undefined || space === undefined || at < 0) return null
  const { columns, vectors } = loaded
  const { dim, spaceId } = space
  return {
    spaceId,
    itemNo,
    vector: dequantise(vectors.quantised.subarray(at * dim, (at + 1) * dim), Float32Array.from(space.scales)),
    category: columns.category[at],
    tags: columns.tags.slice(columns.tagOffsets[at], columns.tagOffsets[at + 1]),
    popularity: columns.popularity[at],
    price: columns.price[at],
    createdDay: columns.createdDay[at],
  }
}

async function loadPart(table: ShardTable, index: number, parts: OutsideParts) {
  const objects = table.cells[index]?.objects
  const vectors = objects?.vectors[0]
  if (objects === undefined || vectors === undefined) return null
  return {
    vectors: await read(parts, vectors, decodeVectors),
    columns: await read(parts, objects.columns, decodeColumns),
  }
}

function read<T>(
  { source, installation }: OutsideParts,
  ref: { readonly hash: string; readonly sizeBytes: number },
  decode: (bytes: Uint8Array<ArrayBuffer>) => T,
): Promise<T> {
  return source.read(ref, decode, { tally: installation.tally, network: true })
}

/** Runs the wanted one and its decoys in random order, one after the other; a decoy that fails changes nothing. */
async function among<T>(
  wanted: number,
  decoys: readonly number[],
  { deps }: OutsideParts,
  run: (index: number) => Promise<T>,
): Promise<T | undefined> {
  const order = [...decoys, wanted].map((index) => ({ index, key: deps.random() })).sort((a, b) => a.key - b.key)
  let result: T | undefined
  for (const { index } of order) {
    if (index === wanted) result = await run(index)
    else await run(index).catch(() => undefined) // only its being asked for matters
  }
  return result
}

type Draw = {
  readonly count: number
  readonly wanted: number
  readonly random: () => number
  readonly weightOf: (index: number) => number
}

/** Other indices, without repeats, each as likely as its weight. */
function drawDecoys({ count, wanted, random, weightOf }: Draw): number[] {
  const rest = Array.from({ length: count }, (_, index) => index).filter((index) => index !== wanted)
  const drawn: number[] = []
  while (drawn.length < DECOYS && rest.length > 0) {
    let left = random() * rest.reduce((sum, index) => sum + weightOf(index), 0)
    const at = rest.findIndex((index) => {
      left -= weightOf(index)
      return left < 0
    })
    drawn.push(...rest.splice(at < 0 ? rest.length - 1 : at, 1))
  }
  return drawn
}
