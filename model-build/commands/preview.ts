import type { Command } from 'commander'
import { type ConfigFlags, configRequest, portNumber, withCommon } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf preview ./release
  $ pocketshelf preview ./release-live ./release-next --config pocketshelf.toml
`

type Flags = CommonFlags & ConfigFlags & { readonly host: string; readonly port: number }

/** `pocketshelf preview`: lists of one or two releases, with pins and boosts to edit. */
export function addPreview(program: Command, context: CommandContext): void {
  const command = program
    .command('preview')
    .description('show the lists of a history under one or two releases, and edit pins and boosts')
    .argument('<releases...>', 'release folders, one or two')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', portNumber, 8788)
  withCommon(command)
    .addHelpText('after', EXAMPLES)
    .action((releases: string[], flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { previewReleases } = await import('../steps/preview-releases.ts')
        return previewReleases({ ...configRequest(flags), releases, host: flags.host, port: flags.port }, io)
      }),
    )
}
