import { RecError } from '#contract/errors'
import type { ChannelRequest, PromoteRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf promote`. */
export async function promoteRelease(_request: PromoteRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}

/** Body of `pocketshelf rollback`. */
export async function rollbackRelease(_request: ChannelRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
