import { RecError } from '#contract/errors'
import type { ServeRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf serve`. */
export async function serveEdge(_request: ServeRequest, _io: StepIo): Promise<StepResult> {
  throw new RecError('not-ready', 'this command is not connected yet')
}
