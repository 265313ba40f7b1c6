import { RecError, toRecError } from '#contract/errors'
import { EXIT, exitCodeOf, type Streams, writeError } from './output.ts'
import { createProgress } from './progress.ts'
import type { StepIo, StepResult } from './requests.ts'

/** What commands share: where to write, the clock, and the exit code they leave. */
export type CommandContext = {
  readonly streams: Streams
  readonly nowMs: () => number
  readonly signal: AbortSignal
  exitCode: number
}

/** Options every command has. */
export type CommonFlags = { readonly json?: boolean; readonly config?: string }

/** Runs a step with a progress display, prints its result, and turns an error into text, next steps and exit code. */
export async function runStep(
  context: CommandContext,
  flags: CommonFlags,
  step: (io: StepIo) => Promise<StepResult>,
): Promise<void> {
  const progress = await createProgress(context.streams, context.nowMs)
  const warn = (message: string) => context.streams.stderr(`warning: ${message}\n`)
  let isShown = false
  const ready = (result: StepResult) => {
    progress.stop()
    const lines = flags.json === true ? [JSON.stringify({ ok: true, ...result.summary })] : result.lines
    for (const line of lines) context.streams.stdout(`${line}\n`)
    isShown = true
  }
  try {
    const result = await step({ stage: progress.stage, warn, ready, signal: context.signal })
    progress.stop()
    if (!isShown) ready(result)
    context.exitCode = result.exitCode ?? EXIT.ok
  } catch (thrown) {
    progress.stop()
    const error = context.signal.aborted
      ? new RecError('stopped', 'stopped on request', {}, { cause: thrown })
      : toRecError(thrown)
    writeError(context.streams, error, flags.json === true)
    context.exitCode = exitCodeOf(error.code)
  }
}
