import { RecError } from '#contract/errors'
import type { Manifest, Space } from '#contract/manifest'
import { CELL_ROLE, encodeShardTable, type ObjectRef, type ShardTable } from '#contract/shard-table'
import type { StepIo, StepResult, UpdateRequest } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { CatalogueItem } from '../dataset.ts'
import { changeCell } from '../incremental/change-cells.ts'
import { encodeFreshCell, type FreshParts, MOST_FRESH } from '../incremental/fresh-cell.ts'
import { readStoredCells, type StoredCell, storedItem } from '../incremental/stored-cells.ts'
import { buildDictionaries } from '../release/dictionaries.ts'
import { numberItems } from '../release/item-registry.ts'
import { ObjectSet } from '../release/object-set.ts'
import { readObject, readReleaseDir, type StoredRelease, writeReleaseDir } from '../release/release-dir.ts'
import { inputFiles, readInputs } from './read-inputs.ts'
import { signNext } from './sign-next.ts'

/** Share of the items that one update may take away; more is a broken file rather than news. */
const MOST_REMOVED = 0.5

/**
 * Body of `pocketshelf update`: brings a release up to its catalogue without training. New items go into a fresh cell, items that are gone get tombstones, prices,
 * availability and texts are written where they changed; everything else keeps its bytes and names.
 */
export async function updateRelease(request: UpdateRequest, io: StepIo): Promise<StepResult> {
  const start = performance.now()
  const config = await resolveConfig(request.configFile, request.overrides)
  const keys = request.keysDir === undefined ? null : await loadKeys(request.keysDir)
  const last = await readReleaseDir(request.releaseDir)
  const inputs = { interactions: [], items: request.items, dataDir: undefined }
  const { dataset, report } = await readInputs(inputFiles(inputs), config, null, io)
  for (const warning of report.warnings) io.warn(warning)
  io.stage('update cells')
  const stored = await readStoredCells(request.releaseDir, last.manifest)
  const objects = new ObjectSet()
  const update = planUpdate(dataset.items, { last, stored, isPartial: request.isPartial })
  const { manifest, registry, table, changedItems } = writeUpdate(update, { last, stored, objects, nowMs: Date.now() })
  const manifestRef = objects.addJson(manifest)
  const publication = last.file.publication + 1
  const pointers = await signNext({ config, keys, last, manifest: manifestRef.hash, publication })
  const names = objectNames(manifest, table, manifestRef.hash)
  for (const hash of names) if (objects.get(hash) === undefined) objects.add(await readObject(request.releaseDir, hash))
  await writeReleaseDir(request.releaseDir, objects, registry, {
    ...last.file,
    release: manifest.release,
    manifest: manifestRef.hash,
    objects: names,
    publication,
    pointers,
  })
  const summary = {
    release: manifest.release,
    publication,
    signed: Object.keys(pointers).length > 0,
    items: manifest.itemCount,
    freshItems: update.fresh.length,
    removedItems: manifest.tombstones.length,
    changedItems,
    changedObjects: names.filter((hash) => !last.file.objects.includes(hash)).length,
    changedBytes: names.reduce(
      (sum, hash) => sum + (last.file.objects.includes(hash) ? 0 : (objects.get(hash)?.length ?? 0)),
      0,
    ),
    seconds: Math.round((performance.now() - start) / 100) / 10,
  }
  return { summary, lines: linesOf(summary) }
}

type Stored = { readonly table: ShardTable; readonly cells: readonly StoredCell[] }

type Update = {
  readonly byId: ReadonlyMap<string, CatalogueItem>
  /** Items of the fresh cell: those added since the last full build. */
  readonly fresh: readonly CatalogueItem[]
  /** Items of the other cells that are gone, by itemNo. */
  readonly tombstones: readonly number[]
}

function planUpdate(
  items: readonly CatalogueItem[],
  { last, stored, isPartial }: { readonly last: StoredRelease; readonly stored: Stored; readonly isPartial: boolean },
): Update {
  const byId = new Map(items.map((item) => [item.id, item]))
  const built = new Set<string>()
  const kept: CatalogueItem[] = []
  const tombstones: number[] = []
  const buried = new Set(last.manifest.tombstones)
  for (const cell of stored.cells) {
    for (let i = 0; i < cell.columns.itemNos.length; i++) {
      const { id } = cell.cards.card(i)
      if (cell.entry.role === CELL_ROLE.fresh) {
        if (isPartial && !byId.has(id)) kept.push(storedItem(cell, i, last.dictionaries))
        continue
      }
      built.add(id)
      const itemNo = cell.columns.itemNos[i]
      if (!byId.has(id) && (!isPartial || buried.has(itemNo))) tombstones.push(itemNo)
    }
  }
  const fresh = [...kept, ...items.filter(({ id }) => !built.has(id))]
  if (tombstones.length > built.size * MOST_REMOVED)
    throw new RecError('gate-refused', 'more than half of the items would go; give the whole catalogue, or --partial', {
      removed: tombstones.length,
    })
  if (fresh.length > MOST_FRESH)
    throw new RecError('gate-refused', 'more new items than a fresh cell holds; run `pocketshelf build`', {
      fresh: fresh.length,
    })
  return { byId, fresh, tombstones: tombstones.sort((a, b) => a - b) }
}

type WriteParts = Pick<FreshParts, 'objects' | 'nowMs'> & { readonly last: StoredRelease; readonly stored: Stored }

function writeUpdate({ byId, fresh, tombstones }: Update, { last, stored, objects, nowMs }: WriteParts) {
  const ids = fresh.map(({ id }) => id)
  const { registry } = numberItems(last.registry, ids, new Float64Array(ids.length))
  const itemNoOf = new Map(registry.ids.map((id, itemNo) => [id, itemNo]))
  const dictionaries = buildDictionaries([...byId.values()], last.dictionaries)
  const built = stored.cells.filter(({ entry }) => entry.role !== CELL_ROLE.fresh)
  const changed = built.map((cell) => changeCell(cell, (i) => byId.get(cell.cards.card(i).id), objects))
  const parts = { manifest: last.manifest, cells: built, dictionaries, itemNoOf, nowMs, objects }
  const freshCell = fresh.length === 0 ? null : encodeFreshCell(fresh, parts)
  const { dim, centroids } = stored.table
  const places = [...stored.cells.keys()].filter((c) => stored.cells[c].entry.role !== CELL_ROLE.fresh)
  const table: ShardTable = {
    ...stored.table,
    cells: [...changed.map(({ entry }) => entry), ...(freshCell === null ? [] : [freshCell.entry])],
    centroids: Int8Array.from([
      ...places.flatMap((c) => Array.from(centroids.subarray(c * dim, (c + 1) * dim))),
      ...(freshCell?.centroid ?? []),
    ]),
  }
  const manifest: Manifest = {
    ...last.manifest,
    release: `${last.manifest.release.replace(/\+\d+$/, '')}+${last.file.publication + 1}`,
    createdAt: new Date(nowMs).toISOString(),
    itemCount: table.cells.reduce((sum, { itemCount }) => sum + itemCount, 0),
    itemNoEnd: registry.ids.length,
    dictionaries: objects.addJson(dictionaries.dictionaries),
    shardTable: objects.add(encodeShardTable(table)),
    tombstones,
  }
  const changedItems = changed.reduce((sum, cell) => sum + cell.changedItems, 0)
  return { manifest, registry, table, changedItems }
}

function refsOfSpace(space: Space): ObjectRef[] {
  if ('gramian' in space) return [space.gramian]
  return space.encoder.type === 'onnx' ? [space.encoder.model] : []
}

/** Names of everything that a release consists of, without repeats. */
function objectNames(manifest: Manifest, table: ShardTable, manifestHash: string): string[] {
  const refs = [
    manifest.shardTable,
    manifest.dictionaries,
    ...manifest.spaces.flatMap(refsOfSpace),
    ...manifest.directory.map(({ ref }) => ref),
    ...manifest.rankers.flatMap(({ onnx, trees }) => [onnx, trees]),
    ...(manifest.featureQuantiles === null ? [] : [manifest.featureQuantiles]),
    ...table.graphs,
    ...table.cells.flatMap(({ objects }) => [...objects.vectors, objects.voters, objects.columns, ...objects.cards]),
  ]
  return [...new Set([manifestHash, ...refs.filter(({ sizeBytes }) => sizeBytes > 0).map(({ hash }) => hash)])]
}

function linesOf(summary: Readonly<Record<string, string | number | boolean>>): string[] {
  const { release, freshItems, removedItems, changedItems, changedObjects, changedBytes, seconds } = summary
  return [
    `Release ${release}: ${freshItems} new, ${removedItems} gone, ${changedItems} changed, in ${seconds} s.`,
    `${changedObjects} objects differ from the last release (${changedBytes} bytes before compression).`,
  ]
}
