import type { Command } from 'commander'
import { positiveNumber, wholeNumber } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf demo-data --out ./demo
  $ pocketshelf demo-data --out ./large --items 50000 --users 30000 --interactions 1000000 --no-covers
`

type Flags = CommonFlags & {
  readonly out: string
  readonly items: number
  readonly users: number
  readonly interactions: number
  readonly seed: number
  readonly covers: boolean
}

/** `pocketshelf demo-data`: a generated shop with its log. */
export function addDemoData(program: Command, context: CommandContext): void {
  program
    .command('demo-data')
    .description('generate a shop: items.csv, interactions.csv and drawn covers')
    .requiredOption('--out <dir>', 'where the files go')
    .option('--items <n>', 'items', positiveNumber, 3000)
    .option('--users <n>', 'users', positiveNumber, 6000)
    .option('--interactions <n>', 'events, at least one per user', positiveNumber, 200_000)
    .option('--seed <n>', 'same seed, same bytes', wholeNumber, 1)
    .option('--no-covers', 'no cover files')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async () => {
        const { generateDemoData } = await import('../demo-data/generate-demo-data.ts')
        const { out, json, ...rest } = flags
        const summary = await generateDemoData({ outDir: out, ...rest })
        return { summary, lines: summary.files.map((file) => `wrote ${file}`) }
      }),
    )
}
