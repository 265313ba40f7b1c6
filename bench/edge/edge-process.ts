import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../edge/node/main.ts', import.meta.url))

/** An edge as an operator starts it, in a process of its own. */
export type EdgeProcess = {
  readonly url: string
  readonly child: ChildProcess
  /** Resident memory, MB. */
  rssMb(): number
  stop(signal: NodeJS.Signals): Promise<void>
}

/** @param cores - As `taskset -c` takes them, e.g. `0` or `0,1`. */
export async function startEdge(dataDir: string, sitesFile: string, cores: string): Promise<EdgeProcess> {
  const command = ['-c', cores, process.execPath, MAIN, '--port', '0', '--data-dir', dataDir, '--sites-file', sitesFile]
  const child = spawn('taskset', command, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const exited = once(child, 'exit')
  const first = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => undefined),
  ])
  if (first === undefined) throw new Error(`the edge did not start: ${said}`)
  const { url } = JSON.parse(String(first[0])) as { url: string } // the one line it promises
  return {
    url,
    child,
    // taskset becomes the program it starts, so the process is the edge.
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async (signal) => {
      child.kill(signal)
      await exited
    },
  }
}
