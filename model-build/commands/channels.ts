import type { Command } from 'commander'
import { type ConfigFlags, configRequest, type EdgeFlags, edgeRequest, share, withCommon, withEdge } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

type Flags = CommonFlags & ConfigFlags & EdgeFlags & { readonly canary?: number }

/** `promote`, `rollback`, `releases` and `channels`: what moves between signed states without a key, and what shows them. */
export function addChannels(program: Command, context: CommandContext): void {
  const promote = program.command('promote').description('give a canary to more visitors, or to everybody')
  withCommon(withEdge(promote))
    .option('--canary <share>', 'the next share; without, everybody', share)
    .addHelpText('after', '\nExample:\n  $ pocketshelf promote --dir ./edge-data\n')
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { promoteRelease } = await import('../steps/move-channel.ts')
        return promoteRelease({ ...configRequest(flags), ...edgeRequest(flags), canary: flags.canary }, io)
      }),
    )
  const rollback = program.command('rollback').description('go back to the release before')
  withCommon(withEdge(rollback))
    .addHelpText('after', '\nExample:\n  $ pocketshelf rollback --edge https://edge.example\n')
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { rollbackRelease } = await import('../steps/move-channel.ts')
        return rollbackRelease({ ...configRequest(flags), ...edgeRequest(flags) }, io)
      }),
    )
  const releases = program.command('releases').description('list the releases of a channel')
  withCommon(withEdge(releases)).action((flags: Flags) =>
    runStep(context, flags, async (io) => {
      const { listReleases } = await import('../steps/list-channels.ts')
      return listReleases({ ...configRequest(flags), ...edgeRequest(flags) }, io)
    }),
  )
  const channels = program.command('channels').description("list a site's channels and where they point")
  withCommon(withEdge(channels)).action((flags: Flags) =>
    runStep(context, flags, async (io) => {
      const { listChannels } = await import('../steps/list-channels.ts')
      return listChannels({ ...configRequest(flags), ...edgeRequest(flags) }, io)
    }),
  )
}
