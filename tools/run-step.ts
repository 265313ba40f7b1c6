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
 * Runs a step with its output on our terminal.
 * @returns The exit code; 1 when a signal ended it or it could not start.
 */
export function runStep({ args, env = {} }: Step): Promise<number> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', (error) => {
      console.error(error.message)
      settle(1)
    })
    child.once('exit', (code) => settle(code ?? 1))
  })
}

/** Prints a heading, runs the step and says how long it took. @returns Whether it passed. */
export async function reportStep(step: Step): Promise<boolean> {
  console.log(`\n▸ ${step.name}`)
  const start = performance.now()
  const code = await runStep(step)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(code === 0 ? `✓ ${step.name} (${seconds} s)` : `✗ ${step.name} (exit code ${code}, ${seconds} s)`)
  return code === 0
}
