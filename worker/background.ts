import { toRecError } from '#contract/errors'
import type { EngineOptions, EngineStatus, Outcome } from '#contract/rpc'
import type { EngineDeps } from './deps.ts'
import { createEngine } from './engine.ts'
import { deliverReport } from './feedback/deliver.ts'

/**
 * Brings the device to the newest release while no page is open: opens what the device holds, looks at the channel, verifies and stores what
 * is new, and closes again; a private report whose time has come is sent first. Nothing is computed for the visitor.
 * @returns The status afterwards, or the error of the look; the release in use stays then.
 */
export async function refreshInBackground(deps: EngineDeps, options: EngineOptions): Promise<Outcome<EngineStatus>> {
  // Wrong options are the engine's to refuse; a storage that is refused costs a report, as a lost one does.
  await deliverReport(deps, options).catch((thrown: unknown) => deps.log('problem', { code: toRecError(thrown).code }))
  const engine = createEngine({ ...deps, isPage: false })
  const started = await engine.start(options, () => undefined)
  const outcome = started.ok ? await engine.refresh() : started
  await engine.stop()
  return outcome
}
