import type { Streams } from './output.ts'

/** Share of a stage between two lines where there is no terminal. */
const LINE_STEP = 0.25

/** Milliseconds between two redraws of a bar. */
const REDRAW_MS = 80

/** Shows how far a command is. */
export type Progress = {
  readonly stage: (name: string) => (share: number) => void
  /** Ends the display, so that other text may follow. */
  readonly stop: () => void
}

/** A bar on a terminal's stderr; without a terminal, a line per stage and quarter of it. */
export async function createProgress(streams: Streams, nowMs: () => number): Promise<Progress> {
  return streams.isTerminal ? createBar() : createLines(streams, nowMs)
}

function createLines(streams: Streams, nowMs: () => number): Progress {
  const start = nowMs()
  let current = ''
  const write = (text: string) => streams.stderr(`[${((nowMs() - start) / 1000).toFixed(1)} s] ${text}\n`)
  const stage = (name: string) => {
    if (name !== current) write(name)
    current = name
    let next = LINE_STEP
    return (share: number) => {
      if (name !== current || share < next || share >= 1) return
      next = (Math.floor(share / LINE_STEP) + 1) * LINE_STEP
      write(`${name} ${Math.floor(share * 100)} %`)
    }
  }
  return { stage, stop: () => undefined }
}

async function createBar(): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      format: '{stage} {bar} {percentage} % | {duration_formatted}',
      hideCursor: true,
      clearOnComplete: true,
      barsize: 30,
      fps: 1000 / REDRAW_MS,
    },
    cliProgress.Presets.shades_classic,
  )
  let isRunning = false
  const stage = (name: string) => {
    if (isRunning) bar.update(0, { stage: name })
    else bar.start(100, 0, { stage: name })
    isRunning = true
    return (share: number) => bar.update(Math.floor(Math.min(1, Math.max(0, share)) * 100), { stage: name })
  }
  return { stage, stop: () => bar.stop() }
}
