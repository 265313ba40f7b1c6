import { type Command, InvalidArgumentError } from 'commander'
import { type ConfigFlags, configRequest, type InputFlags, inputRequest, withCommon, withInput } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
A tenth of the users trains the first release, a fifth is held out, the others play devices as often as it takes: they visit, report in private as pages do, and
each week the sums become the next release. With --poison some devices send whatever harms most. gapClosed is the share of the way from no learning to training on the raw logs. Everything of a run is in --out.

Example:
  $ pocketshelf simulate --data ./ml-latest-small --order ignore --devices 3200,12800 --epsilon 2 --epochs 8 --out ./simulation --json
  $ pocketshelf simulate --data ./ml-latest-small --order ignore --devices 9600 --epochs 2 --poison 0.01,0.05 --json
`

type Flags = CommonFlags &
  ConfigFlags &
  InputFlags & {
    readonly devices: number[]
    readonly epsilon: number[]
    readonly epochs: number[]
    readonly out: string
    readonly rankings?: string
    readonly poison?: number[]
    readonly poisonPrefixes: number
    readonly poisonReports: number
    readonly poisonTarget?: string
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
    .option(
      '--poison <list>',
      'shares of devices that push one item with forged reports, each a run with and one without defences',
      shares,
    )
    .option('--poison-prefixes <n>', 'networks (/24) that they share', count, 500)
    .option('--poison-reports <n>', 'reports that each sends in a week; honest devices send 2', count, 2)
    .option('--poison-target <id>', 'item that they push; the unpopular one that most can be done for by default')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { simulateLoop } = await import('../steps/simulate-loop.ts')
        const what = { devices: flags.devices, epsilons: flags.epsilon, epochs: flags.epochs[0] ?? 8 }
        const places = { outDir: flags.out, rankingsDir: flags.rankings }
        const attack = {
          prefixes: flags.poisonPrefixes,
          reportsPerWeek: flags.poisonReports,
          target: flags.poisonTarget,
        }
        const poison = flags.poison === undefined ? null : { shares: flags.poison, ...attack }
        return simulateLoop({ ...configRequest(flags), ...inputRequest(flags), ...what, ...places, poison }, io)
      }),
    )
}

function counts(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !Number.isInteger(value) || value < 1))
    throw new InvalidArgumentError('whole numbers from 1, separated by commas')
  return values
}

function count(text: string): number {
  const [value, ...more] = counts(text)
  if (more.length > 0) throw new InvalidArgumentError('one whole number from 1')
  return value
}

function shares(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !(value > 0 && value < 1)))
    throw new InvalidArgumentError('shares between 0 and 1, separated by commas')
  return values
}
