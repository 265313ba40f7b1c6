import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { RecError } from '#contract/errors'
import { addAudit } from './audit.ts'
import { addBuild } from './build.ts'
import { addChannels } from './channels.ts'
import { addDemoData } from './demo-data.ts'
import { addErase } from './erase.ts'
import { addEvaluate } from './evaluate.ts'
import { addImport } from './import.ts'
import { addKeys } from './keys.ts'
import { addOpe } from './ope.ts'
import { EXIT, writeError } from './output.ts'
import { addPreview } from './preview.ts'
import { addPublish, addRetrain } from './publish.ts'
import type { CommandContext } from './run-step.ts'
import { addRuns } from './runs.ts'
import { addServe } from './serve.ts'
import { addSimulate } from './simulate.ts'
import { addSplit } from './split.ts'
import { addTry } from './try.ts'
import { addUpdate } from './update.ts'

const COMMANDS = [
  addTry,
  addImport,
  addBuild,
  addUpdate,
  addSplit,
  addRuns,
  addErase,
  addEvaluate,
  addOpe,
  addServe,
  addPublish,
  addRetrain,
  addChannels,
  addKeys,
  addDemoData,
  addAudit,
  addPreview,
  addSimulate,
]

const FOOTER = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the gate or a promise broken, 4 unusable input or configuration.
Start with:
  $ pocketshelf try products.csv
  $ pocketshelf dev
`

/**
 * Runs one command line.
 * @param args - Without node and script.
 * @returns The exit code.
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' })
    return context.exitCode
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    if (thrown.exitCode === 0) return EXIT.ok
    // Commander has told people; a program gets the object that --json promises.
    if (args.includes('--json')) {
      const silent = { ...context.streams, stderr: () => undefined }
      writeError(silent, new RecError('bad-request', thrown.message.replace(/^error: /, '')), true)
    }
    return EXIT.usage
  }
}

function createProgram(context: CommandContext): Command {
  const program = new Command('pocketshelf')
    .description("Train, publish and measure recommendations that run in the visitor's browser.")
    .version(readVersion())
    .exitOverride()
    .configureOutput({ writeOut: context.streams.stdout, writeErr: context.streams.stderr })
    .showHelpAfterError('(add --help for the options)')
    .showSuggestionAfterError()
    .addHelpText('after', FOOTER)
  for (const addCommand of COMMANDS) addCommand(program, context)
  return program
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'unknown'
}
