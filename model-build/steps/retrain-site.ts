import { RecError } from '#contract/errors'
import type { RetrainRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf retrain`. */
export async function retrainSite(_request: RetrainRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
