import { type Command, InvalidArgumentError } from 'commander'
import { type ConfigFlags, configRequest, withCommon } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Estimates what a policy would have earned per showing from a log of another one: IPS, SNIPS and doubly robust, with 95 % intervals, effective
sample size and the share of clipped weights. The log has item_id, click (or label, reward), propensity, and perhaps position; the judged
policy is the one that wrote --target (as often as that file shows each item at each position), or uniform over the log's items.

Examples:
  $ pocketshelf ope --log random.csv --target thompson.csv --json
  $ pocketshelf ope --log thompson.csv --target uniform --clip 50
`

type Flags = CommonFlags & ConfigFlags & { readonly log: string[]; readonly target: string; readonly clip: number }

/** `pocketshelf ope`: judge a policy by another one's log. */
export function addOpe(program: Command, context: CommandContext): void {
  withCommon(program.command('ope').description("estimate a policy's reward from another policy's log"))
    .requiredOption('--log <files...>', 'showings with propensities and rewards')
    .requiredOption('--target <file>', 'showings of the judged policy, or "uniform"')
    .option('--clip <n>', 'largest weight of a showing', positive, 100)
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { judgeLog } = await import('../steps/judge-log.ts')
        return judgeLog({ ...configRequest(flags), log: flags.log, target: flags.target, clip: flags.clip }, io)
      }),
    )
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}
