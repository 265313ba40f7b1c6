import type { Command } from 'commander'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf runs list --out release
  $ pocketshelf runs compare 3-1f2e 4-77ab --out release
  $ pocketshelf runs reproduce last --out release     # the same inputs and seed must give the same bytes
`

type Flags = CommonFlags & { readonly out: string }

/** `pocketshelf runs`: the register of builds beside their releases. */
export function addRuns(program: Command, context: CommandContext): void {
  const command = program
    .command('runs')
    .description('list, compare and reproduce builds')
    .addHelpText('after', EXAMPLES)
  command.action(() => command.help())
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .requiredOption('--out <dir>', 'folder of the releases')
      .option('--json', 'print one JSON object to standard output and nothing else there')
  sub('list', 'every build: when, from what, how good, how large, how long').action((flags: Flags) =>
    runStep(context, flags, async () => {
      const { listRuns } = await import('../steps/list-runs.ts')
      return listRuns({ outDir: flags.out })
    }),
  )
  sub('compare <a> <b>', 'what differs between two builds, and what came of it').action(
    (a: string, b: string, flags: Flags) =>
      runStep(context, flags, async () => {
        const { compareTwoRuns } = await import('../steps/compare-runs.ts')
        return compareTwoRuns({ outDir: flags.out, a, b })
      }),
  )
  sub('reproduce <id>', 'build again from the same inputs and settings, and compare the bytes; writes nothing').action(
    (id: string, flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { reproduceRun } = await import('../steps/reproduce-run.ts')
        return reproduceRun({ outDir: flags.out, id }, io)
      }),
  )
}
