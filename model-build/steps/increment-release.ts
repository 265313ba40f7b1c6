import type { StepIo, StepResult } from '../commands/requests.ts'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import type { Paired } from '../evaluate/intervals.ts'
import { type Movement, measureMovement, whyDrifted, whyNoBase } from '../incremental/drift.ts'
import {
  countEvidence,
  type EvidenceState,
  findMoved,
  type ItemEvidence,
  readEvidence,
  settleEvidence,
  writeEvidence,
} from '../incremental/evidence.ts'
import { fitIncrement, type Increment, writeIncrement } from '../incremental/fit-increment.ts'
import { compareTrials, holdNewest } from '../incremental/loss-of-freezing.ts'
import { planUpdate } from '../incremental/plan-update.ts'
import { readStoredCells } from '../incremental/stored-cells.ts'
import { type TimedReport, timed } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import { summariseBehaviour } from '../release/behaviour.ts'
import { numberItems } from '../release/item-registry.ts'
import { ObjectSet } from '../release/object-set.ts'
import { readLastRelease, readObject, type StoredRelease } from '../release/release-dir.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { type KeptUpdate, keepUpdate } from './keep-update.ts'
import { noteRun } from './note-run.ts'
import type { InputFiles, Keys } from './read-inputs.ts'
import { reportTo } from './step-report.ts'

export type IncrementParts = {
  readonly outDir: string
  readonly config: Config
  readonly keys: Keys | null
  readonly inputs: { readonly files: InputFiles; readonly dataHash: string }
}

/** Why a full build has to follow. */
export type Refusal = { readonly fullBecause: string }

/**
 * Body of `pocketshelf build --incremental`: goes on from the folder's last release. Grid, cells, ranker and settings stay; items whose evidence moved
 * are solved anew and travel as patches, new ones in a fresh cell, everything else keeps its bytes. Writes nothing where a full build has to follow.
 */
export async function incrementRelease(
  dataset: Dataset,
  parts: IncrementParts,
  io: StepIo,
): Promise<StepResult | Refusal> {
  const last = await readLastRelease(parts.outDir)
  if (last === null) return { fullBecause: 'the folder holds no release yet' }
  const state = await readEvidence(parts.outDir)
  const unfounded = whyNoBase(state, { config: parts.config, release: last.manifest.release })
  if (state === null || unfounded !== null) return { fullBecause: unfounded ?? '' }
  const increment = await compareEvidence(dataset, { ...parts, last, state })
  const limits = parts.config.increment
  const ageMs = increment.behaviour.newestAt - state.builtAt
  const drifted = whyDrifted(increment.plan, increment.movement, { limits, ageMs })
  if (drifted !== null) return { fullBecause: drifted }
  const report = timed(reportTo(io))
  const pool = await createKernelPool()
  try {
    const loss = await report.step('loss of freezing', () => lossOfFreezing({ ...increment, pool }, parts))
    if (loss !== null && loss.ratio.high < 1 && loss.ratio.mean < 1 - limits.maxLoss)
      return { fullBecause: `freezing the other items costs ${(100 * (1 - loss.ratio.mean)).toFixed(2)} % of NDCG@20` }
    const models = await report.step('solve moved items', () => fitIncrement({ ...increment, pool }))
    const update = writeIncrement({ ...increment, pool }, models, new ObjectSet())
    const kept = await report.step('write objects', () => keepUpdate(parts.outDir, update, { ...parts, last }))
    await writeEvidence(parts.outDir, nextState(increment))
    return await remember(increment, { ...parts, loss, kept, report, name: update.manifest.release })
  } finally {
    await pool.close()
  }
}

type Compared = Omit<Increment, 'pool'> & { readonly movement: Movement; readonly now: ItemEvidence }

type Comparing = IncrementParts & { readonly last: StoredRelease; readonly state: EvidenceState }

async function compareEvidence(dataset: Dataset, { outDir, config, last, state }: Comparing): Promise<Compared> {
  const stored = await readStoredCells(outDir, last.manifest)
  const plan = planUpdate(dataset.items, { last, stored, isPartial: false })
  const settings = resolveSettings(config)
  const behaviour = summariseBehaviour(dataset.interactions, settings.assemble.trendingHalfLifeDays)
  const ids = dataset.items.map(({ id }) => id)
  const { registry, itemNos } = numberItems(last.registry, ids, behaviour.support)
  const sizes = { itemNos, itemNoEnd: registry.ids.length, minSupport: state.models.minSupport }
  const now = countEvidence(dataset.interactions, sizes)
  const moved = findMoved(state.items, now, config.increment.minChange)
  const movement = measureMovement(plan, stored.cells, moved)
  return { dataset, last, stored, state, plan, behaviour, itemNos, moved, movement, now, assemble: settings.assemble }
}

/** Freezing against solving every item anew, both without some users' newest rows; null where there is nothing to judge by. */
async function lossOfFreezing(increment: Increment, { outDir, config }: IncrementParts): Promise<Paired | null> {
  const held = holdNewest(increment.dataset, increment.state.solvedAt)
  if (held === null) return null
  const base = new ObjectSet()
  for (const hash of increment.last.file.objects) base.add(await readObject(outDir, hash))
  const { itemNos, moved } = increment
  const trained = { ...increment, dataset: held.train }
  const models = await fitIncrement(trained)
  const [frozen, whole] = [moved, new Uint8Array(moved.length).fill(1)].map((of) => ({
    release: writeIncrement({ ...trained, moved: of }, models, new ObjectSet()),
    base,
  }))
  return compareTrials(held, itemNos, [frozen, whole], config.seed)
}

function nextState({ state, behaviour, now, moved }: Compared): EvidenceState {
  return { ...state, solvedAt: behaviour.newestAt, items: settleEvidence(state.items, now, moved) }
}

type Outcome = IncrementParts & {
  readonly loss: Paired | null
  readonly kept: KeptUpdate
  readonly report: TimedReport
  /** The release's name. */
  readonly name: string
}

async function remember({ last, plan, movement }: Compared, outcome: Outcome): Promise<StepResult> {
  const { outDir, loss, kept, report } = outcome
  const { movedItems, changedShare } = movement
  await noteRun(outDir, {
    ...outcome,
    ...kept,
    last,
    release: outcome.name,
    learntFrom: 'files and the release before',
    tuned: null,
    metrics: loss === null ? {} : { 'increment.ndcg@20': loss.ratio.mean },
    steps: report.steps,
    refusals: [],
  })
  const numbers = { movedItems, freshItems: plan.fresh.length, removedItems: plan.tombstones.length, changedShare }
  const summary = {
    release: outcome.name,
    incremental: true,
    ...kept,
    ...numbers,
    shareOfWhole: loss?.ratio ?? null,
    steps: report.steps,
  }
  return {
    summary,
    lines: [
      `release ${outcome.name} in ${outDir} (publication ${kept.publication}, ${kept.signed ? 'signed' : 'not signed: no --keys'})`,
      `${movedItems} items solved anew, ${plan.fresh.length} new, ${plan.tombstones.length} gone; ${(100 * changedShare).toFixed(1)} % changed since the last full build`,
      `${kept.changedObjects} objects are new: ${kept.changedBytes} bytes before compression, of ${kept.sizeBytes}`,
      loss === null
        ? 'too few newer rows with times to say what freezing the other items costs'
        : `NDCG@20 ${loss.ratio.mean.toFixed(4)} x that of solving every item anew (95 % ${loss.ratio.low.toFixed(4)} to ${loss.ratio.high.toFixed(4)})`,
    ],
  }
}
