import { RecError } from '#contract/errors'
import type { EvaluateRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf evaluate`. */
export async function evaluateFiles(_request: EvaluateRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
