import { RecError } from '#contract/errors'
import type { PublishRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf publish`. */
export async function publishRelease(_request: PublishRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
