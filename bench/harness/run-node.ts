import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ROOT } from './places.ts'
import { parseStageLine, type StageStart, stageTimes } from './stage-lines.ts'

/** What a command did. */
export type NodeRun = {
  readonly stdout: string
  readonly wallMs: number
  /** By stage, from its progress lines. */
  readonly stagesMs: Readonly<Record<string, number>>
  /** Most memory it held at once, all its threads together; NaN where the system does not tell. */
  readonly peakRssMb: number
}

const SAMPLE_MS = 100

/**
 * Runs a script of the project in a process of its own and waits for it.
 * @param args - Script and its arguments, relative to the project.
 * @param report - Gets each line of its standard error.
 * @throws Error with its last line when it fails.
 */
export async function runNode(args: readonly string[], report: (line: string) => void): Promise<NodeRun> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let peakRssMb = Number.NaN
  const sampler = setInterval(() => {
    peakRssMb = peakOf(child.pid) ?? peakRssMb
  }, SAMPLE_MS)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const starts: StageStart[] = []
  let last = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line
    const stage = parseStageLine(line)
    if (stage !== null) starts.push(stage)
    report(line)
  })
  const code = await new Promise<number | null>((settle, reject) => {
    child.once('error', reject)
    child.once('close', settle)
  })
  clearInterval(sampler)
  const wallMs = Math.round(performance.now() - start)
  if (code !== 0) throw new Error(`${args.slice(0, 2).join(' ')} ended with ${code}: ${last}`)
  return { stdout, wallMs, stagesMs: stageTimes(starts, wallMs / 1000), peakRssMb }
}

/** High-water mark of a process's resident memory, MB (Linux). */
function peakOf(pid: number | undefined): number | null {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024)
  } catch {
    return null // it ended, or this is no Linux
  }
}
