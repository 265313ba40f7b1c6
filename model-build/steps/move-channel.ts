import type { StepName } from '#contract/pointer'
import type { MoveRequest, PromoteRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { stepOfShare } from '../publish/publish.ts'
import { withEdge } from '../publish/with-edge.ts'

/** Body of `pocketshelf promote`. */
export function promoteRelease(request: PromoteRequest, io: StepIo): Promise<StepResult> {
  return moveTo(request, stepOfShare(request.canary), io)
}

/** Body of `pocketshelf rollback`. */
export function rollbackRelease(request: MoveRequest, io: StepIo): Promise<StepResult> {
  return moveTo(request, 'rollback', io)
}

async function moveTo(request: MoveRequest, step: StepName, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const use = { site: config.site.name, publicKey: null, signal: io.signal }
  const moved = await withEdge(request, use, (client) => client.step(request.channel, step, { reason: request.reason }))
  const { channel, publication, live, status } = moved
  const verb = status === 'changed' ? 'is now' : 'was already'
  return { summary: moved, lines: [`channel ${channel} ${verb} at publication ${publication}, step ${live}`] }
}
