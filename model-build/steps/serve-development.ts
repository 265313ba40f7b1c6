import { RecError } from '#contract/errors'
import type { DevRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf dev`. */
export async function serveDevelopment(_request: DevRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
