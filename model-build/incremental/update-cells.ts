import type { Manifest } from '#contract/manifest'
import { type CellPatch, encodePatch } from '#contract/patch'
import { CELL_ROLE, type CellEntry, encodeShardTable, type ShardTable } from '#contract/shard-table'
import { buildDictionaries, type IndexedDictionaries } from '../release/dictionaries.ts'
import { type ItemRegistry, numberItems } from '../release/item-registry.ts'
import type { ObjectSet } from '../release/object-set.ts'
import type { StoredRelease } from '../release/release-dir.ts'
import { changeCell } from './change-cells.ts'
import { encodeFreshCell, type FreshCell } from './fresh-cell.ts'
import type { UpdatePlan } from './plan-update.ts'
import type { StoredCell, StoredCells } from './stored-cells.ts'

/** What an incremental build has learnt of the items of a release. */
export type Learnt = {
  /** The cell's patch from here on, null where no row is newer than the cell's own. */
  readonly patchOf: (cell: StoredCell, patch: CellPatch | null) => CellPatch | null
  /** The cell of items that were added since the last full build; null without any. */
  readonly freshCell: FreshCell | null
  readonly manifest: Partial<Manifest>
}

/** Names and numbers of the catalogue as it is now. */
export type Numbered = {
  readonly registry: ItemRegistry
  readonly dictionaries: IndexedDictionaries
  readonly itemNoOf: ReadonlyMap<string, number>
}

type UpdateParts = {
  readonly last: StoredRelease
  readonly stored: StoredCells
  /** Gets every object that is new. */
  readonly objects: ObjectSet
  readonly nowMs: number
  /** Absent where nothing was trained. */
  readonly learn?: (numbered: Numbered) => Learnt
  /** Users of each fresh item, by which new numbers are given; none where absent. */
  readonly support?: Float64Array
}

/** The next release: what it consists of, its new objects among `objects`. */
export type UpdatedRelease = {
  readonly manifest: Manifest
  readonly registry: ItemRegistry
  readonly table: ShardTable
  readonly objects: ObjectSet
  readonly changedItems: number
}

/** Writes the next release of the same cells: what did not change keeps its bytes and names. */
export function updateCells({ byId, fresh, tombstones }: UpdatePlan, parts: UpdateParts): UpdatedRelease {
  const { last, stored, objects, nowMs, learn } = parts
  const ids = fresh.map(({ id }) => id)
  const { registry } = numberItems(last.registry, ids, parts.support ?? new Float64Array(ids.length))
  const itemNoOf = new Map(registry.ids.map((id, itemNo) => [id, itemNo]))
  const dictionaries = buildDictionaries([...byId.values()], last.dictionaries)
  const built = stored.cells.filter(({ entry }) => entry.role !== CELL_ROLE.fresh)
  const learnt = learn?.({ registry, dictionaries, itemNoOf })
  const changed = built.map((cell) => {
    const { entry, patch, changedItems } = changeCell(cell, (i) => byId.get(cell.cards.card(i).id), objects)
    return { entry: withPatch(entry, learnt?.patchOf(cell, patch) ?? patch, objects), changedItems }
  })
  const fromMeans = { manifest: last.manifest, cells: built, dictionaries, itemNoOf, nowMs, objects }
  const freshCell = learnt?.freshCell ?? (fresh.length === 0 ? null : encodeFreshCell(fresh, fromMeans))
  const table = tableOf(
    stored,
    changed.map(({ entry }) => entry),
    freshCell,
  )
  const manifest: Manifest = {
    ...last.manifest,
    createdAt: new Date(nowMs).toISOString(),
    ...learnt?.manifest,
    release: `${baseName(last.manifest)}+${last.file.publication + 1}`,
    itemCount: table.cells.reduce((sum, { itemCount }) => sum + itemCount, 0),
    itemNoEnd: registry.ids.length,
    dictionaries: objects.addJson(dictionaries.dictionaries),
    shardTable: objects.add(encodeShardTable(table)),
    tombstones,
  }
  return {
    manifest,
    registry,
    table,
    objects,
    changedItems: changed.reduce((sum, cell) => sum + cell.changedItems, 0),
  }
}

/** Name of the full build that a release goes back to. */
export function baseName({ release }: Pick<Manifest, 'release'>): string {
  return release.replace(/\+\d+$/, '')
}

function withPatch(entry: CellEntry, patch: CellPatch | null, objects: ObjectSet): CellEntry {
  const { patch: _old, ...refs } = entry.objects
  return { ...entry, objects: patch === null ? refs : { ...refs, patch: objects.add(encodePatch(patch)) } }
}

function tableOf({ table, cells }: StoredCells, changed: readonly CellEntry[], fresh: FreshCell | null): ShardTable {
  const { dim, centroids } = table
  const places = [...cells.keys()].filter((c) => cells[c].entry.role !== CELL_ROLE.fresh)
  return {
    ...table,
    cells: [...changed, ...(fresh === null ? [] : [fresh.entry])],
    centroids: Int8Array.from([
      ...places.flatMap((c) => Array.from(centroids.subarray(c * dim, (c + 1) * dim))),
      ...(fresh?.centroid ?? []),
    ]),
  }
}
