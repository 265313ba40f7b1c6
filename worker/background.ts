import type { EngineOptions, EngineStatus, Outcome } from '#contract/rpc'
import type { EngineDeps } from './deps.ts'
import { createEngine } from './engine.ts'

/**
 * Brings the device to the newest release while no page is open: opens what the device holds, looks at the channel, verifies and stores what
 * is new, and closes again. Nothing is computed for the visitor.
 * @returns The status afterwards, or the error of the look; the release in use stays then.
 */
export async function refreshInBackground(deps: EngineDeps, options: EngineOptions): Promise<Outcome<EngineStatus>> {
  const engine = createEngine(deps)
  const started = await engine.start(options, () => undefined)
  const outcome = started.ok ? await engine.refresh() : started
  await engine.stop()
  return outcome
}
