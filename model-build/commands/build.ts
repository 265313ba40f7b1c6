import type { Command } from 'commander'
import {
  type ConfigFlags,
  configRequest,
  type InputFlags,
  inputRequest,
  TUNE_HELP,
  wholeNumber,
  withCommon,
  withInput,
} from './options.ts'
import { type CommandContext, type CommonFlags, runStep } from './run-step.ts'

const EXAMPLES = `
Examples:
  $ pocketshelf build --interactions log.csv --items items.csv --out release
  $ pocketshelf build --items items.jsonl --out release          # a catalogue without any log
  $ pocketshelf build --interactions log.csv --items items.csv vectors.parquet --out release   # vectors made elsewhere
  $ pocketshelf build --data ./goodbooks --out release --keys ./keys --json
`

type Flags = CommonFlags &
  ConfigFlags &
  InputFlags & { readonly out: string; readonly keys?: string; readonly gate?: boolean; readonly incremental?: boolean }

/** `pocketshelf build`: logs and catalogue to a signed release. */
export function addBuild(program: Command, context: CommandContext): void {
  const command = program.command('build').description('make a release from logs, a catalogue, or both')
  withCommon(withInput(command))
    .requiredOption('--out <dir>', 'where the release goes')
    .option('--keys <dir>', 'signing keys (see `pocketshelf keys new`)')
    .option('--retention-days <n>', 'leave out rows older than this, counted from the newest', wholeNumber)
    .option('--tune', TUNE_HELP)
    .option('--ranker <file>', 'a ranker trained elsewhere: ONNX over the feature layout (docs/elsewhere.md)')
    .option('--gate', 'write nothing when the release is worse than the last one of --out, and say why (exit code 3)')
    .option(
      '--incremental',
      'go on from the last release of --out: solve only what moved, so that devices fetch little; a full build where too much did',
    )
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runStep(context, flags, async (io) => {
        const { buildRelease } = await import('../steps/build-release.ts')
        return buildRelease(
          {
            ...configRequest(flags),
            ...inputRequest(flags),
            outDir: flags.out,
            keysDir: flags.keys,
            gate: flags.gate === true,
            incremental: flags.incremental === true,
          },
          io,
        )
      }),
    )
}
