import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { ImportRequest } from './requests.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Whether a file holds events or items is told from its records; both may be given at once. Refused records are counted in
import-report.json and listed in refused.jsonl.

Examples:
  $ pocketshelf import gorse items.json feedback.jsonl --out shop
  $ pocketshelf import metarank events.jsonl.gz --out shop --format parquet
  $ pocketshelf import recombee items.csv detail_views.csv purchases.csv --out shop
  $ pocketshelf import personalize interactions.csv items.csv --out shop --event stream=view --event subscribe=purchase
`

type Flags = CommonFlags &
  Pick<ImportRequest, 'format' | 'impressions'> & { readonly out: string; readonly event: Names }
type Names = Readonly<Record<string, string>>

/** `pocketshelf import`: files of another system to ours. */
export function addImport(program: Command, context: CommandContext): void {
  program
    .command('import')
    .description("turn another system's event and item files into ours")
    .addArgument(
      new Argument('<source>', 'where the files come from').choices([
        'gorse',
        'metarank',
        'algolia',
        'recombee',
        'personalize',
      ]),
    )
    .argument('<files...>', 'CSV, TSV, JSON, JSONL (also .gz) or Parquet; patterns')
    .requiredOption('--out <dir>', 'where interactions and items go')
    .addOption(
      new Option('--format <name>', 'of the files that are written').choices(['csv', 'parquet']).default('csv'),
    )
    .option('--event <theirs=ours>', 'name of an event, for example stream=view; may be repeated', eventName, {})
    .option('--impressions', 'keep what was shown as impression rows', false)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((source: ImportRequest['source'], files: string[], flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { importData } = await import('../steps/import-data.ts')
        const { out, event, format, impressions } = flags
        return importData({ source, files, outDir: out, format, events: event, impressions }, io)
      }),
    )
}

function eventName(text: string, before: Names): Names {
  const [theirs, ours, ...rest] = text.split('=').map((part) => part.trim().toLowerCase())
  if (!theirs || !ours || rest.length > 0)
    throw new InvalidArgumentError('It must be THEIRS=OURS, for example stream=view.')
  return { ...before, [theirs]: ours }
}
