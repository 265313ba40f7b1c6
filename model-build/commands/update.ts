import type { Command } from 'commander'
import { type ConfigFlags, configRequest, withCommon, withReading } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf update --release ./release --items items.csv --keys ./keys
  $ pocketshelf update --release ./release --items changed.csv --partial --keys ./keys
Then publish as after a build: pocketshelf publish --release ./release --keys ./keys --dir edge
`

type Flags = CommonFlags &
  ConfigFlags & {
    readonly release: string
    readonly items: string[]
    readonly partial?: boolean
    readonly keys?: string
  }

/** `pocketshelf update`: a release brought up to its catalogue in seconds, without training. */
export function addUpdate(program: Command, context: CommandContext): void {
  const command = program.command('update').description('bring a release up to its catalogue without training')
  withCommon(withReading(command))
    .requiredOption('--release <dir>', 'release to bring up to date, in place')
    .requiredOption('--items <files...>', 'the whole catalogue as it is now (CSV, JSONL, Parquet; patterns)')
    .option('--partial', 'the catalogue holds new and changed items only: nothing is taken away')
    .option('--keys <dir>', 'signing keys (see `pocketshelf keys new`)')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { updateRelease } = await import('../steps/update-release.ts')
        const { release: releaseDir, items, keys: keysDir, partial: isPartial = false } = flags
        return updateRelease({ ...configRequest(flags), releaseDir, items, keysDir, isPartial }, io)
      }),
    )
}
