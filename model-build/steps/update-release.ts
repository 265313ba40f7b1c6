import type { StepIo, StepResult, UpdateRequest } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { requirePlan } from '../incremental/plan-update.ts'
import { readStoredCells } from '../incremental/stored-cells.ts'
import { updateCells } from '../incremental/update-cells.ts'
import { ObjectSet } from '../release/object-set.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { keepUpdate } from './keep-update.ts'
import { inputFiles, readInputs } from './read-inputs.ts'

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
  const plan = requirePlan(dataset.items, { last, stored, isPartial: request.isPartial })
  const update = updateCells(plan, { last, stored, objects: new ObjectSet(), nowMs: Date.now() })
  const kept = await keepUpdate(request.releaseDir, update, { config, keys, last })
  const { manifest } = update
  const summary = {
    release: manifest.release,
    ...kept,
    items: manifest.itemCount,
    freshItems: plan.fresh.length,
    removedItems: manifest.tombstones.length,
    changedItems: update.changedItems,
    seconds: Math.round((performance.now() - start) / 100) / 10,
  }
  return { summary, lines: linesOf(summary) }
}

function linesOf(summary: Readonly<Record<string, string | number | boolean>>): string[] {
  const { release, freshItems, removedItems, changedItems, changedObjects, changedBytes, seconds } = summary
  return [
    `Release ${release}: ${freshItems} new, ${removedItems} gone, ${changedItems} changed, in ${seconds} s.`,
    `${changedObjects} objects differ from the last release (${changedBytes} bytes before compression).`,
  ]
}
