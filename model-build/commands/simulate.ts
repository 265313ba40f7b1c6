import { type Command, InvalidArgumentError } from 'commander'
import { type ConfigFlags, configRequest, type InputFlags, inputRequest, withCommon, withInput } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
A tenth of the users trains the first release, a fifth is held out, the others play devices as often as it takes: they visit, report in private as pages do, and
each week the sums become the next release. gapClosed is the share of the way from no learning to training on the raw logs. Everything of a run is in --out.

Example:
  $ pocketshelf simulate --data ./ml-latest-small --order ignore --devices 3200,12800 --epsilon 2 --epochs 8 --out ./simulation --json
`

type Flags = CommonFlags &
  ConfigFlags &
  InputFlags & {
    readonly devices: number[]
    readonly epsilon: number[]
    readonly epochs: number[]
    readonly out: string
    readonly rankings?: string
  }

/** `pocketshelf simulate`: the private loop with real users of a data set. */
export function addSimulate(program: Command, context: CommandContext): void {
  const command = program.command('simulate').description('play the private loop with the users of a data set')
  withCommon(withInput(command))
    .requiredOption('--devices <list>', 'devices, one run for each number', counts)
    .option('--epsilon <list>', 'epsilon of one report: 1 or 2', counts, [2])
    .option('--epochs <n>', 'weeks', counts, [8])
    .option('--out <dir>', 'where releases, edge and report go; first releases are used again', './simulation')
    .option('--rankings <dir>', "write each epoch's list of 20 per held-out user, and what was to be found")
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { simulateLoop } = await import('../steps/simulate-loop.ts')
        const what = { devices: flags.devices, epsilons: flags.epsilon, epochs: flags.epochs[0] ?? 8 }
        const places = { outDir: flags.out, rankingsDir: flags.rankings }
        return simulateLoop({ ...configRequest(flags), ...inputRequest(flags), ...what, ...places }, io)
      }),
    )
}

function counts(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !Number.isInteger(value) || value < 1))
    throw new InvalidArgumentError('whole numbers from 1, separated by commas')
  return values
}
