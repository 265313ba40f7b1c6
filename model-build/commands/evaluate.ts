import { type Command, Option } from 'commander'
import { type ConfigFlags, configRequest, cutoffs, withCommon, withReading } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Prints recall@k (hits over all the user's test items), hit-rate@k, ndcg@k, map@k, mrr, coverage@k and novelty@k. Nothing is dropped:
every row with a user and an item counts. Items of a user's train history are never recommended.

Examples:
  $ pocketshelf evaluate --train train.csv --test test.csv --k 10,20
  $ pocketshelf evaluate --train train.csv --test test.csv --items items.csv --mode exact --order ignore --min-support 1 --json
  $ pocketshelf evaluate --train train.csv --test test.csv --rankings top.jsonl
`

type Flags = CommonFlags &
  ConfigFlags & {
    readonly train: string[]
    readonly test: string[]
    readonly items?: string[]
    readonly mode: 'device' | 'exact'
    readonly k: number[]
    readonly rankings?: string
    readonly baselines?: boolean
    readonly releaseDir?: string
  }

/** `pocketshelf evaluate`: fit on given rows, measure on others. */
export function addEvaluate(program: Command, context: CommandContext): void {
  const command = program
    .command('evaluate')
    .description('fit on one file, recommend for the users of another, and measure')
  withCommon(withReading(command))
    .requiredOption('--train <files...>', 'rows to fit on')
    .requiredOption('--test <files...>', 'rows to find')
    .option('--items <files...>', 'catalogue')
    .addOption(
      new Option('--mode <what>', 'what runs on a device, or the float model with brute force')
        .choices(['device', 'exact'])
        .default('device'),
    )
    .option('--k <list>', 'list lengths', cutoffs, [10, 20])
    .option('--rankings <file>', "write each user's list, one JSON line per user")
    .option('--release-dir <dir>', 'keep the release that was measured; `publish --keys` can sign it')
    .option('--baselines', 'also measure random, item-kNN, exact EASE and exact iALS on the same users')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { evaluateFiles } = await import('../steps/evaluate-files.ts')
        const files = { train: flags.train, test: flags.test, items: flags.items ?? [] }
        return evaluateFiles(
          {
            ...configRequest(flags),
            ...files,
            mode: flags.mode,
            cutoffs: flags.k,
            rankingsFile: flags.rankings,
            releaseDir: flags.releaseDir,
            baselines: flags.baselines === true,
          },
          io,
        )
      }),
    )
}
