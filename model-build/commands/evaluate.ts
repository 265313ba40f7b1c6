import { type Command, Option } from 'commander'
import { type ConfigFlags, configRequest, cutoffs, TUNE_HELP, withCommon, withReading } from './options.ts'
import type { StepIo, StepResult } from './requests.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Prints recall@k (hits over all the user's test items), hit-rate@k, ndcg@k, map@k, mrr, coverage@k and novelty@k. Nothing is dropped:
every row with a user and an item counts. Items of a user's train history are never recommended.

Examples:
  $ pocketshelf evaluate --train train.csv --test test.csv --k 10,20
  $ pocketshelf evaluate --train train.csv --test test.csv --items items.csv --mode exact --order ignore --min-support 1 --json
  $ pocketshelf evaluate --train train.csv --test test.csv --rankings top.jsonl

With --task click the rows are labelled impressions (user_id, item_id, label 0 or 1, perhaps timestamp and further columns); columns of the
users and items files and further columns of the rows are features. Prints AUC and log loss; --scores writes a probability per test row.

  $ pocketshelf evaluate --task click --train train.csv --test test.csv --users users.csv --items items.csv --scores out.jsonl --json
`

type Flags = CommonFlags &
  ConfigFlags & {
    readonly train: string[]
    readonly test: string[]
    readonly items?: string[]
    readonly mode: 'device' | 'exact'
    readonly k: number[]
    readonly rankings?: string
    readonly perUser?: string
    readonly baselines?: boolean
    readonly precision?: boolean
    readonly releaseDir?: string
    readonly release?: string
    readonly task: 'recommend' | 'click'
    readonly users?: string[]
    readonly scores?: string
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
      new Option('--task <what>', 'lists of items, or the chance of a click on shown ones')
        .choices(['recommend', 'click'])
        .default('recommend'),
    )
    .option('--users <files...>', 'what is known of users, for --task click')
    .option('--scores <file>', 'write the probability of each test row, one JSON line per row, for --task click')
    .addOption(
      new Option('--mode <what>', 'what runs on a device, or the float model with brute force')
        .choices(['device', 'exact'])
        .default('device'),
    )
    .option('--k <list>', 'list lengths', cutoffs, [10, 20])
    .option('--rankings <file>', "write each user's list, one JSON line per user")
    .option(
      '--per-user <file>',
      "write each user's NDCG under the model and under each baseline, one JSON line per user",
    )
    .option('--release-dir <dir>', 'keep the release that was measured; `publish --keys` can sign it')
    .addOption(releaseOption())
    .option('--tune', TUNE_HELP)
    .option('--ranker <file>', 'a ranker trained elsewhere: ONNX over the feature layout (docs/elsewhere.md)')
    .option('--precision', 'also show bytes and NDCG of vectors in single precision and in int8')
    .option('--baselines', 'also measure random, item-kNN, exact EASE and exact iALS on the same users')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, (io) => (flags.task === 'click' ? clicks(flags, io) : lists(flags, io))),
    )
}

/** What needs a fit has no meaning beside it. */
function releaseOption(): Option {
  const option = new Option('--release <dir>', 'fit nothing: measure a release that was built before')
  return option.conflicts(['baselines', 'precision', 'releaseDir', 'ranker', 'tune'])
}

async function lists(flags: Flags, io: StepIo): Promise<StepResult> {
  const { evaluateFiles, evaluateRelease } = await import('../steps/evaluate-files.ts')
  const {
    train,
    test,
    items = [],
    mode,
    k: cutoffs,
    rankings: rankingsFile,
    perUser: perUserFile,
    releaseDir,
    release,
  } = flags
  if (release !== undefined)
    return evaluateRelease(
      release,
      { ...configRequest(flags), train, test, items, cutoffs, rankingsFile, perUserFile },
      io,
    )
  const what = {
    mode,
    cutoffs,
    rankingsFile,
    perUserFile,
    releaseDir,
    baselines: flags.baselines === true,
    precision: flags.precision === true,
  }
  return evaluateFiles({ ...configRequest(flags), train, test, items, ...what }, io)
}

async function clicks(flags: Flags, io: StepIo): Promise<StepResult> {
  const { evaluateClicks } = await import('../steps/evaluate-clicks.ts')
  const { train, test, users = [], items = [], scores: scoresFile } = flags
  return evaluateClicks({ ...configRequest(flags), train, test, users, items, scoresFile }, io)
}
