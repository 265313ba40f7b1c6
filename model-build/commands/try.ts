import type { Command } from 'commander'
import { type ConfigFlags, configRequest, portNumber, positiveNumber, withCommon } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Takes a table (CSV, TSV, JSONL, Parquet), a product feed (Google Merchant, RSS, Atom), a sitemap, JSON-LD or an HTML page; what it is,
its content says. Pages of a sitemap are fetched one after the other, by the site's robots.txt.

Examples:
  $ pocketshelf try products.csv
  $ pocketshelf try https://shop.example/feed.xml
  $ pocketshelf try https://shop.example/sitemap.xml --max-pages 50
`

type Flags = CommonFlags &
  ConfigFlags & { readonly dir: string; readonly host: string; readonly port: number; readonly maxPages: number }

/** `pocketshelf try`: a page with shelves of somebody's catalogue. */
export function addTry(program: Command, context: CommandContext): void {
  const command = program
    .command('try')
    .description('show shelves of your catalogue on a page of this machine, in a minute')
    .argument('<source>', 'product feed, sitemap, JSON-LD or table: a file or an address')
    .option('--max-pages <n>', 'pages of a sitemap that are fetched', positiveNumber, 200)
    .option('--dir <dir>', 'work directory', '.pocketshelf')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', portNumber, 8787)
  withCommon(command)
    .addHelpText('after', EXAMPLES)
    .action((source: string, flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { tryCatalogue } = await import('../steps/try-catalogue.ts')
        const { dir, host, port, maxPages } = flags
        return tryCatalogue({ ...configRequest(flags), source, dir, host, port, maxPages }, io)
      }),
    )
}
