import type { Command } from 'commander'
import { type ConfigFlags, configRequest, type InputFlags, inputRequest, withCommon, withInput } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Rewrites the log files without the rows of one user. Releases hold no rows of anybody; the next build learns without these.

Examples:
  $ pocketshelf erase user-4711 --data ./data --out release
  $ pocketshelf erase user-4711 --interactions log.csv
`

type Flags = CommonFlags & ConfigFlags & InputFlags & { readonly out?: string }

/** `pocketshelf erase`: one user's rows out of the inputs. */
export function addErase(program: Command, context: CommandContext): void {
  const command = program.command('erase <user>').description("delete one user's rows from the log files")
  withCommon(withInput(command))
    .option('--out <dir>', 'folder of the releases: what an interrupted build kept there is deleted')
    .addHelpText('after', EXAMPLES)
    .action((user: string, flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { eraseFromInputs } = await import('../steps/erase-from-inputs.ts')
        return eraseFromInputs({ ...configRequest(flags), ...inputRequest(flags), user, outDir: flags.out }, io)
      }),
    )
}
