import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { PRESETS } from '#contract/feedback/presets'
import { chooseTarget, spy } from './attack.ts'
import { exposureOf } from './judge-release.ts'
import { type Bounds, runSimulation, type SimulationOptions, type WeekEnd, withOpenRelease } from './run-simulation.ts'

/** What attackers are like. */
export type PoisonOptions = {
  /** Shares of the devices, each a run with and one without defences. */
  readonly shares: readonly number[]
  readonly prefixes: number
  readonly reportsPerWeek: number
  /** Id of the item that they push; undefined for the unpopular one that most can be done for. */
  readonly target: string | undefined
}

/** One week of a run with poisoned devices. */
export type PoisonPoint = {
  readonly devices: number
  readonly epsilon: number
  /** Poisoned devices among them. */
  readonly share: number
  readonly prefixes: number
  readonly isDefended: boolean
  readonly epoch: number
  readonly reports: number
  /** Forged reports that were sent; the edge takes at most 64 a day from a network. */
  readonly forged: number
  readonly target: string
  /** Share of the held-out users whose list of 20 has the target, before and after this week. */
  readonly exposureBefore: number
  readonly exposure: number
  readonly ndcg20: number
  /** Of the same week without poison, and the share of it that is lost. */
  readonly ndcg20Honest: number
  readonly loss: number
}

/** Plays each share of poisoned devices with and without defences, beside honest runs of the same kind. */
export async function runPoisoned(
  options: SimulationOptions,
  plan: PoisonOptions,
  { bounds, honest }: { readonly bounds: Bounds; readonly honest: readonly WeekEnd[] },
): Promise<PoisonPoint[]> {
  const { world, devices, preset } = options
  const target = await targetOf(options, plan.target)
  const open = await runSimulation(options, { name: '-open', poison: null, isDefended: false })
  const points: PoisonPoint[] = []
  for (const share of plan.shares)
    for (const isDefended of [true, false]) {
      const poison = { ...plan, devices: Math.max(1, Math.round(share * devices)), target }
      const name = `-poison-${share}${isDefended ? '' : '-open'}`
      const weeks = await runSimulation(options, { name, poison, isDefended })
      const without = isDefended ? honest : open
      weeks.forEach(({ epoch, reports, forged, judged }, k) => {
        const ndcg20Honest = without[k].judged.ndcg20
        points.push({
          devices,
          epsilon: PRESETS[preset].epsilon,
          share,
          prefixes: plan.prefixes,
          isDefended,
          epoch,
          reports,
          forged,
          target: world.dataset.items[target].id,
          exposureBefore: exposureOf(k === 0 ? bounds.none : weeks[k - 1].judged, target),
          exposure: exposureOf(judged, target),
          ndcg20: judged.ndcg20,
          ndcg20Honest,
          loss: 1 - judged.ndcg20 / ndcg20Honest,
        })
      })
    }
  return points
}

/** Index of the item to push. @throws RecError `bad-request` for one that the data set has not. */
function targetOf(options: SimulationOptions, id: string | undefined): Promise<number> {
  const { world, dir } = options
  const named = world.dataset.items.findIndex((item) => item.id === id)
  if (id !== undefined && named < 0) throw new RecError('bad-request', `--poison-target ${id} is not in the data set`)
  if (id !== undefined) return Promise.resolve(named)
  return withOpenRelease(options, join(dir, 'none'), async (parts) =>
    parts.itemNos.indexOf(chooseTarget(parts.model, await spy({ ...parts, seed: 1 }))),
  )
}
