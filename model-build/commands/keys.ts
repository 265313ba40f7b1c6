import type { Command } from 'commander'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf keys new --out ./keys
  $ pocketshelf keys show --keys ./keys
`

/** `pocketshelf keys new` and `keys show`. */
export function addKeys(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('make or show signing keys').addHelpText('after', EXAMPLES)
  keys
    .command('new')
    .description('make an Ed25519 signing key and a key that user ids are hashed with')
    .requiredOption('--out <dir>', 'a directory without keys')
    .option('--json', 'print one JSON object')
    .action((flags: CommonFlags & { readonly out: string }) =>
      runStep(context, flags, async () => {
        const { createKeys } = await import('../config/key-files.ts')
        const { publicKey, files } = await createKeys(flags.out)
        const lines = [
          `data-keys="${publicKey}"`,
          ...files.map((file) => `wrote ${file}`),
          'Keep the directory secret and backed up: without it no page accepts your next release.',
        ]
        return { summary: { publicKey, files }, lines }
      }),
    )
  keys
    .command('show')
    .description('print the public key that belongs into the page')
    .requiredOption('--keys <dir>', 'what `keys new` wrote')
    .option('--json', 'print one JSON object')
    .action((flags: CommonFlags & { readonly keys: string }) =>
      runStep(context, flags, async () => {
        const { loadKeys } = await import('../config/key-files.ts')
        const { signing } = await loadKeys(flags.keys)
        return { summary: { publicKey: signing.publicKey }, lines: [`data-keys="${signing.publicKey}"`] }
      }),
    )
}
