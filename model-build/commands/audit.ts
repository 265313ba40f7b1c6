import { type Command, InvalidArgumentError } from 'commander'
import { wholeNumber } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Needs a Chromium on this machine and the package playwright-core. Exit code 3 says that a promise is broken.

Examples:
  $ pocketshelf audit https://shop.example/
  $ pocketshelf audit http://localhost:8787/ --click 3 --gpc --json
`

type Flags = CommonFlags & {
  readonly browser?: string
  readonly wait: number
  readonly click: number
  readonly gpc: boolean
}

/** `pocketshelf audit`: what a page sends. */
export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('open a page and list everything it sends and stores')
    .argument('<url>', 'address of the page', pageAddress)
    .option('--wait <seconds>', 'how long it is watched', wholeNumber, 6)
    .option('--click <n>', 'cards of shelves that are clicked meanwhile', wholeNumber, 1)
    .option('--gpc', 'say Global Privacy Control', false)
    .option('--browser <path>', 'a Chromium; else CHROME_PATH, else where systems put it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((url: string, flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { auditPage } = await import('../steps/audit-page.ts')
        const { browser, wait, click, gpc } = flags
        return auditPage({ url, browser, waitMs: wait * 1000, clicks: click, gpc }, io)
      }),
    )
}

function pageAddress(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be an address such as https://shop.example/.')
  return text
}
