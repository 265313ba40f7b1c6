import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** An edge in a process of its own, as the command line starts it. */
export type EdgeProcess = {
  readonly url: string
  readonly child: ChildProcess
  stop(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `main.ts` and waits for its address. Throws with what it said when it ends before. */
export async function startEdgeProcess(args: readonly string[]): Promise<EdgeProcess> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), exited.then(() => undefined)])
  if (first === undefined) throw new Error(said)
  const { url } = JSON.parse(String(first[0])) as { url: string } // the one line that main.ts promises
  return {
    url,
    child,
    stop: async (signal) => {
      child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}
