import type { StepIo } from '../commands/requests.ts'
import type { Report } from '../pipeline/progress.ts'

/** Shows a pipeline's steps on the command's progress display. */
export function reportTo(io: StepIo): Report {
  return {
    step: (name, run) => {
      io.signal.throwIfAborted()
      return run(io.stage(name))
    },
    keep: (_name, make) => make(),
    note: io.warn,
  }
}
