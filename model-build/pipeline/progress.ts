/** Runs named steps of a long job and tells how far each is. */
export type Report = {
  /** Runs one step; `onShare` takes 0…1. */
  step<T>(name: string, run: (onShare: (share: number) => void) => Promise<T>): Promise<T>
  /**
   * A result that a build which is started again after its end takes up in place of making it: numbers, texts, typed arrays and plain objects of
   * them. Names are unique within a build.
   */
  keep<T>(name: string, make: () => Promise<T>): Promise<T>
  /** Says something that belongs to no step. */
  note(text: string): void
}

/** Says nothing. */
export const SILENT: Report = {
  step: (_name, run) => run(() => undefined),
  keep: (_name, make) => make(),
  note: () => undefined,
}

/** What one finished step took. */
export type StepTime = {
  readonly name: string
  readonly wallMs: number
  /** Processor time of all threads: on a busy machine the honest one of the two. */
  readonly cpuMs: number
  /** Most memory the process ever held until the step's end, MB. */
  readonly peakRssMb: number
}

/** A report that also measures its steps. */
export type TimedReport = Report & { readonly steps: readonly StepTime[] }

/** Measures each step of a report; a step within another is measured by itself and as a part of it. */
export function timed(report: Report): TimedReport {
  const steps: StepTime[] = []
  const step: Report['step'] = async (name, run) => {
    const from = { wall: performance.now(), cpu: process.cpuUsage() }
    const result = await report.step(name, run)
    const { user, system } = process.cpuUsage(from.cpu)
    steps.push({
      name,
      wallMs: Math.round(performance.now() - from.wall),
      cpuMs: Math.round((user + system) / 1000),
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    })
    return result
  }
  return { ...report, step, steps }
}
