import { spawn } from 'node:child_process'
import { ROOT } from './project-files.ts'

/** One command of a check or a test run; it runs under the Node that runs us. */
export type Step = {
  /** What it shows when it passes, in a few words. */
  readonly name: string
  /** A script, relative to the project, and its arguments. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a step.
 * @param hear - Takes what it prints, as it comes; without it the output goes to our terminal.
 * @returns The exit code; 1 when a signal ended it or it could not start.
 */
export function runStep({ args, env = {} }: Step, hear?: (text: string) => void): Promise<number> {
  return new Promise((settle) => {
    const output = hear === undefined ? 'inherit' : 'pipe'
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    })
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear ?? ignore)
    child.once('error', (error) => {
      console.error(error.message)
      settle(1)
    })
    child.once('close', (code) => settle(code ?? 1))
  })
}

const ignore = (): void => undefined

/** How a step ended. */
export type StepResult = {
  readonly isPassed: boolean
  /** One line: the step's name, its exit code when it failed, how long it took. */
  readonly verdict: string
  /** What it printed where that was shown afterwards; empty where it went straight to our terminal. */
  readonly output: string
}

/** Prints a heading, runs the step and says how it ended and how long it took. */
export async function reportStep(step: Step): Promise<StepResult> {
  console.log(heading(step))
  const result = await judge(step)
  console.log(result.verdict)
  return result
}

/**
 * Runs lanes of steps beside each other, the steps of a lane one after the other. What a step prints is shown when it has ended, in one piece.
 * @returns How each step ended, in the order in which they did.
 */
export async function reportLanes(lanes: readonly (readonly Step[])[]): Promise<StepResult[]> {
  const results: StepResult[] = []
  const run = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) {
      let output = ''
      const result = await judge(step, (text) => {
        output += text
      })
      console.log(`${heading(step)}\n${output}${result.verdict}`)
      results.push({ ...result, output })
    }
  }
  await Promise.all(lanes.map(run))
  return results
}

const heading = ({ name }: Step): string => `\n▸ ${name}`

async function judge(step: Step, hear?: (text: string) => void): Promise<StepResult> {
  const start = performance.now()
  const code = await runStep(step, hear)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const end = code === 0 ? `✓ ${step.name} (${seconds} s)` : `✗ ${step.name} (exit code ${code}, ${seconds} s)`
  return { isPassed: code === 0, verdict: end, output: '' }
}
