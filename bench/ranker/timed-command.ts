import { execFileSync } from 'node:child_process'

/** A program with its arguments. */
export type TimedCommand = {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Arguments of a second run of the program, which is not timed. */
  readonly after?: readonly string[]
}

/** Seconds by the clock, and of processors, all threads together. */
export type Seconds = { readonly wall: number; readonly cpu: number }

/** POSIX: user and system time of the shell, then of what it started, as in `0m0.010s 0m0.000s`. */
const SHELL = '"$0" "$@" >/dev/null || exit 1; times'

/** Runs a program to its end and says what it took. @throws Error with its output when it fails */
export function runTimed({ file, args, cwd, after }: TimedCommand): Seconds {
  const where = cwd === undefined ? {} : { cwd }
  const start = performance.now()
  const printed = execFileSync('sh', ['-c', SHELL, file, ...args], { ...where, encoding: 'utf8' })
  const wall = (performance.now() - start) / 1000
  if (after !== undefined) execFileSync(file, after, { ...where, stdio: 'ignore' })
  return { wall, cpu: parseTimes(printed) }
}

/** Seconds of the last line of `times`, both numbers together. */
export function parseTimes(printed: string): number {
  const last = printed.trim().split('\n').at(-1) ?? ''
  const found = [...last.matchAll(/(\d+)m([\d.]+)s/g)]
  if (found.length !== 2) throw new Error(`the shell printed "${last}" for times`)
  return found.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0)
}
