import type { Command } from 'commander'
import { type ConfigFlags, configRequest, type EdgeFlags, edgeRequest, share, withCommon, withEdge } from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

type Flags = CommonFlags & ConfigFlags & EdgeFlags & { readonly canary?: number; readonly reason?: string }

const REASON = 'why, in a line, for the audit log of the edge'

/** `promote`, `rollback`, `judge`, `releases`, `channels`, `changes`, `gc`, `backup` and `restore`: what moves between signed states without a key, and what shows, tidies and saves them. */
export function addChannels(program: Command, context: CommandContext): void {
  const promote = program.command('promote').description('give a canary to more visitors, or to everybody')
  withCommon(withEdge(promote))
    .option('--canary <share>', 'the next share; without, everybody', share)
    .option('--reason <text>', REASON)
    .addHelpText('after', '\nExample:\n  $ pocketshelf promote --dir ./edge-data\n')
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { promoteRelease } = await import('../steps/move-channel.ts')
        return promoteRelease({ ...moveRequest(flags), canary: flags.canary }, io)
      }),
    )
  const rollback = program.command('rollback').description('go back to the release before')
  withCommon(withEdge(rollback))
    .option('--reason <text>', REASON)
    .addHelpText('after', '\nExample:\n  $ pocketshelf rollback --edge https://edge.example --reason "clicks fell"\n')
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { rollbackRelease } = await import('../steps/move-channel.ts')
        return rollbackRelease(moveRequest(flags), io)
      }),
    )
  addLists(program, context)
}

const moveRequest = (flags: Flags) => ({ ...configRequest(flags), ...edgeRequest(flags), reason: flags.reason })

function addLists(program: Command, context: CommandContext): void {
  const judge = program.command('judge').description('promote a canary or go back, as private answers about clicks say')
  withCommon(withEdge(judge))
    .addHelpText(
      'after',
      `
Reads the sums of the canary question and moves the channel when they are clear; the reason stands in the audit log. Undecided means hold: nothing moves. Needs no
signing key, so a scheduler may run it every day.

Example:
  $ pocketshelf judge --edge https://edge.example --json
`,
    )
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { judgeCanary } = await import('../steps/judge-canary.ts')
        return judgeCanary({ ...configRequest(flags), ...edgeRequest(flags) }, io)
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
  const changes = program.command('changes').description('list what was changed at the edge, by whom and why')
  withCommon(withEdge(changes)).action((flags: Flags) =>
    runStep(context, flags, async (io) => {
      const { listChanges } = await import('../steps/list-channels.ts')
      return listChanges({ ...configRequest(flags), ...edgeRequest(flags) }, io)
    }),
  )
  const gc = program.command('gc').description('delete objects that no live and none of the last three releases needs')
  withCommon(withEdge(gc)).action((flags: Flags) =>
    runStep(context, flags, async (io) => {
      const { collectObjects } = await import('../steps/list-channels.ts')
      return collectObjects({ ...configRequest(flags), ...edgeRequest(flags) }, io)
    }),
  )
  addBackup(program, context)
}

type BackupFlags = Flags & { readonly out?: string; readonly from?: string }

function addBackup(program: Command, context: CommandContext): void {
  const backup = program
    .command('backup')
    .description("save a site's channels and objects, so that it can go on elsewhere")
  withCommon(withEdge(backup))
    .requiredOption('--out <dir>', 'where the backup goes; objects that it holds are not fetched again')
    .action((flags: BackupFlags) =>
      runStep(context, flags, async (io) => {
        const { backUpSite } = await import('../steps/back-up-site.ts')
        return backUpSite({ ...configRequest(flags), ...edgeRequest(flags), backupDir: flags.out ?? '' }, io)
      }),
    )
  const restore = program.command('restore').description('put a backup into a site that has no channels')
  withCommon(withEdge(restore))
    .requiredOption('--from <dir>', 'what `pocketshelf backup` wrote')
    .addHelpText('after', '\nEvery key that signed a release of the backup must be registered at the edge.\n')
    .action((flags: BackupFlags) =>
      runStep(context, flags, async (io) => {
        const { restoreSite } = await import('../steps/back-up-site.ts')
        return restoreSite({ ...configRequest(flags), ...edgeRequest(flags), backupDir: flags.from ?? '' }, io)
      }),
    )
}
