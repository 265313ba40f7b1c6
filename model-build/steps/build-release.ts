import { RecError } from '#contract/errors'
import type { BuildRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf build`. */
export async function buildRelease(_request: BuildRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
