import { type Command, Option } from 'commander'
import {
  type ConfigFlags,
  configRequest,
  type InputFlags,
  inputRequest,
  wholeNumber,
  withCommon,
  withInput,
} from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Writes train.csv and test.csv for \`pocketshelf evaluate\`; positive rows only (see events and input.minRating in the configuration).

Examples:
  $ pocketshelf split --data ./goodbooks --out ./split --method fraction      # the last fifth of each user's rows
  $ pocketshelf split --data ./shop --out ./split --method items            # a fifth of the items, as if they were new
  $ pocketshelf split --data ./ml --out ./split --method users --order ignore # a random fifth of the items of held-out users
`

type Flags = CommonFlags &
  ConfigFlags &
  InputFlags & { readonly out: string; readonly method: 'time' | 'last' | 'fraction' | 'users' | 'items' }

/** `pocketshelf split`: rows to fit on and rows to find. */
export function addSplit(program: Command, context: CommandContext): void {
  const command = program.command('split').description('cut a log into files to fit on and to find')
  withCommon(withInput(command))
    .requiredOption('--out <dir>', 'where train.csv and test.csv go')
    .addOption(
      new Option('--method <name>', 'what is held out')
        .choices(['time', 'last', 'fraction', 'users', 'items'])
        .default('fraction'),
    )
    .option('--fold <n>', 'which users `users` holds out, 0 to 4: five parts of one shuffled order', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { splitFiles } = await import('../steps/split-files.ts')
        return splitFiles(
          { ...configRequest(flags), ...inputRequest(flags), outDir: flags.out, method: flags.method },
          io,
        )
      }),
    )
}
