import type { Command } from 'commander'
import {
  type ConfigFlags,
  configRequest,
  type InputFlags,
  inputRequest,
  portNumber,
  withCommon,
  withInput,
} from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const SERVE_EXAMPLES = `
Example:
  $ pocketshelf serve --dir ./edge-data --port 8787
`

const DEV_EXAMPLES = `
Example:
  $ pocketshelf dev --data ./ml-latest-small
`

type Flags = CommonFlags &
  ConfigFlags &
  InputFlags & { readonly dir: string; readonly host: string; readonly port: number }

/** `pocketshelf serve`: the edge on this machine. `pocketshelf dev`: build, publish, serve and show a demo page. */
export function addServe(program: Command, context: CommandContext): void {
  const serve = program.command('serve').description('run an edge on this machine')
  withCommon(withAddress(serve))
    .addHelpText('after', SERVE_EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { serveEdge } = await import('../steps/serve-edge.ts')
        return serveEdge({ ...configRequest(flags), dir: flags.dir, host: flags.host, port: flags.port }, io)
      }),
    )
  const dev = program
    .command('dev')
    .description('build, publish and serve with a demo page; without input, on generated data')
  withCommon(withInput(withAddress(dev)))
    .addHelpText('after', DEV_EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { serveDevelopment } = await import('../steps/serve-development.ts')
        const address = { dir: flags.dir, host: flags.host, port: flags.port }
        return serveDevelopment({ ...configRequest(flags), ...inputRequest(flags), ...address }, io)
      }),
    )
}

function withAddress(command: Command): Command {
  return command
    .option('--dir <dir>', 'data directory of the edge', '.pocketshelf')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', portNumber, 8787)
}
