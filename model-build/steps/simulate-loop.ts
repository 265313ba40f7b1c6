import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import type { PresetName } from '#contract/feedback/presets'
import type { ConfigRequest, InputRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { replaceFile } from '../release/release-dir.ts'
import { type PoisonOptions, type PoisonPoint, runPoisoned } from '../simulate/poisoned-runs.ts'
import { type CurvePoint, curveOf, HONEST, judgeBounds, runSimulation } from '../simulate/run-simulation.ts'
import { simulationReport } from '../simulate/simulation-report.ts'
import { cutWorld } from '../simulate/world.ts'
import { inputFiles, readInputs } from './read-inputs.ts'
import { reportTo } from './step-report.ts'

export type SimulateRequest = ConfigRequest &
  InputRequest & {
    /** Numbers of devices, each a run of its own. */
    readonly devices: readonly number[]
    readonly epsilons: readonly number[]
    readonly epochs: number
    readonly outDir: string
    readonly rankingsDir: string | undefined
    /** null for honest runs only. */
    readonly poison: PoisonOptions | null
  }

const PRESET_OF: Readonly<Record<number, PresetName>> = { 1: 'strict', 2: 'standard' }

/** Body of `pocketshelf simulate`. */
export async function simulateLoop(request: SimulateRequest, io: StepIo): Promise<StepResult> {
  const asked = await resolveConfig(request.configFile, request.overrides)
  const { dataset } = await readInputs(inputFiles(request), asked, null, io)
  const world = cutWorld(dataset, { seed: asked.seed, heldShare: asked.split.testShare })
  await mkdir(request.outDir, { recursive: true })
  const curve: CurvePoint[] = []
  const poisoned: PoisonPoint[] = []
  for (const epsilon of request.epsilons) {
    const preset = PRESET_OF[epsilon]
    if (preset === undefined) throw new RecError('bad-request', '--epsilon is 1 or 2: the budgets that clients have')
    const overrides = { ...request.overrides, feedback: { ...asked.feedback, enabled: true, preset } }
    const config = await resolveConfig(request.configFile, overrides)
    for (const devices of request.devices) {
      const options = {
        world,
        config,
        request: { configFile: request.configFile, overrides },
        dir: join(request.outDir, preset),
        devices,
        preset,
        epochs: request.epochs,
        rankings: request.rankingsDir ?? null,
        report: reportTo(io),
        io,
      }
      const bounds = await judgeBounds(options)
      const honest = await runSimulation(options, HONEST)
      curve.push(...curveOf(options, bounds, honest))
      if (request.poison !== null) poisoned.push(...(await runPoisoned(options, request.poison, { bounds, honest })))
    }
  }
  await replaceFile(join(request.outDir, 'report.html'), simulationReport(curve, poisoned))
  const users = { seed: world.seedUsers.length, devices: world.deviceUsers.length, heldOut: world.judged.length }
  return {
    summary: { users, replicas: request.devices.map((count) => count / world.deviceUsers.length), curve, poisoned },
    lines: [
      `${users.heldOut} users held out, first release from ${users.seed}, devices played by ${users.devices}`,
      ...curve.map(
        ({ devices, epsilon, epoch, reports, ndcg20, gapClosed }) =>
          `${devices} devices, epsilon ${epsilon}, epoch ${epoch}: ${reports} reports, NDCG@20 ${ndcg20.toFixed(4)}, ${(100 * gapClosed).toFixed(1)} % of the gap`,
      ),
      ...poisoned.map(lineOf),
    ],
  }
}

function lineOf({ devices, share, isDefended, epoch, target, exposure, loss }: PoisonPoint): string {
  const how = isDefended ? 'defended' : 'no defences'
  return `${devices} devices, ${100 * share} % poisoned, ${how}, epoch ${epoch}: ${target} in ${(100 * exposure).toFixed(1)} % of lists, NDCG@20 ${(100 * loss).toFixed(1)} % lost`
}
