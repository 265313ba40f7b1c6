import type { StepIo } from '../commands/requests.ts'
import type { Report } from '../pipeline/progress.ts'

/** Shows a pipeline's steps on the command's progress display, and ends them where the command is asked to stop: at each step and each share of one. */
export function reportTo(io: StepIo): Report {
  return {
    step: (name, run) => {
      io.signal.throwIfAborted()
      const show = io.stage(name)
      return run((share) => {
        io.signal.throwIfAborted()
        show(share)
      })
    },
    keep: (_name, make) => make(),
    note: io.warn,
  }
}
