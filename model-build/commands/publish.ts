import { type Command, Option } from 'commander'
import {
  type ConfigFlags,
  configRequest,
  type EdgeFlags,
  edgeRequest,
  type InputFlags,
  inputRequest,
  share,
  withCommon,
  withEdge,
  withInput,
} from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const PUBLISH_EXAMPLES = `
Examples:
  $ pocketshelf publish --release ./release --keys ./keys --dir ./edge-data
  $ pocketshelf publish --release ./release --keys ./keys --edge https://edge.example --canary 0.1
`

const RETRAIN_EXAMPLES = `
Exit code 3 says that the gate refused the new release; the live one stays.

Examples:
  $ pocketshelf retrain --edge https://edge.example --data ./shop --out ./release --keys ./keys
  $ pocketshelf retrain --from aggregates --edge https://edge.example --out ./release --keys ./keys
`

type PublishFlags = CommonFlags &
  ConfigFlags &
  EdgeFlags & { readonly release: string; readonly keys?: string; readonly canary?: number }
type RetrainFlags = CommonFlags &
  ConfigFlags &
  EdgeFlags &
  InputFlags & {
    readonly out: string
    readonly keys?: string
    readonly dryRun?: boolean
    readonly from: 'events' | 'aggregates'
  }

/** `pocketshelf publish`: put a release on a channel. */
export function addPublish(program: Command, context: CommandContext): void {
  const command = program.command('publish').description('sign a release and put it on a channel')
  withCommon(withEdge(command))
    .requiredOption('--release <dir>', 'what `pocketshelf build` wrote')
    .option('--keys <dir>', 'signing keys')
    .option('--canary <share>', 'give it to this share of visitors first', share)
    .addHelpText('after', PUBLISH_EXAMPLES)
    .action((flags: PublishFlags) =>
      runStep(context, flags, async (io) => {
        const { publishRelease } = await import('../steps/publish-release.ts')
        const what = { releaseDir: flags.release, keysDir: flags.keys, canary: flags.canary }
        return publishRelease({ ...configRequest(flags), ...edgeRequest(flags), ...what }, io)
      }),
    )
}

/** `pocketshelf retrain`: pull events, build, pass the gate, publish. */
export function addRetrain(program: Command, context: CommandContext): void {
  const command = program
    .command('retrain')
    .description('pull events from the edge, build again, and publish if the gate agrees')
  withCommon(withInput(withEdge(command)))
    .requiredOption('--out <dir>', 'where the release goes')
    .option('--keys <dir>', 'signing keys')
    .addOption(
      new Option('--from <what>', "first-party events, or the sums of visitors' private reports")
        .choices(['events', 'aggregates'])
        .default('events'),
    )
    .option('--dry-run', 'do everything but publish')
    .addHelpText('after', RETRAIN_EXAMPLES)
    .action((flags: RetrainFlags) =>
      runStep(context, flags, async (io) => {
        const what = { outDir: flags.out, keysDir: flags.keys, dryRun: flags.dryRun === true }
        if (flags.from === 'aggregates') {
          const { retrainAggregates } = await import('../steps/retrain-aggregates.ts')
          return retrainAggregates({ ...configRequest(flags), ...edgeRequest(flags), ...what }, io)
        }
        const { retrainSite } = await import('../steps/retrain-site.ts')
        return retrainSite({ ...configRequest(flags), ...edgeRequest(flags), ...inputRequest(flags), ...what }, io)
      }),
    )
}
