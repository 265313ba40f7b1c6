import { RecError } from '#contract/errors'
import type { ChannelRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf releases`. */
export async function listReleases(_request: ChannelRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}

/** Body of `pocketshelf channels`. */
export async function listChannels(_request: ChannelRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
