import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/** What a command printed and how it ended. */
export type Outcome = { readonly exitCode: number | null; readonly summary: Readonly<Record<string, unknown>> }

/** Node of this process without its notices about type stripping. */
export const NODE: readonly [string, string] = [process.execPath, '--disable-warning=ExperimentalWarning']

/** Runs `pocketshelf … --json` in a process of its own and answers the object it printed. */
export async function runPocketshelf(args: readonly string[]): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await runScript(join(ROOT, 'model-build', 'cli.ts'), [...args, '--json'])
  const line = stdout.trim()
  if (line === '') throw new Error(`pocketshelf ${args.join(' ')} printed nothing: ${stderr.slice(-2_000)}`)
  return { exitCode, summary: JSON.parse(line) }
}

/** The same, for commands that must succeed. @throws Error with what it printed */
export async function pocketshelf(args: readonly string[]): Promise<Outcome['summary']> {
  const { exitCode, summary } = await runPocketshelf(args)
  if (exitCode !== 0) throw new Error(`pocketshelf ${args.join(' ')}: ${JSON.stringify(summary)}`)
  return summary
}

/** Runs a script of the project to its end. */
export function runScript(
  script: string,
  args: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
  const [node, ...flags] = NODE
  const child = spawn(node, [...flags, script, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((settle, fail) => {
    child.once('error', fail)
    child.once('close', (exitCode) => settle({ exitCode, stdout, stderr }))
  })
}
