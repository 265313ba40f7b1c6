/**
 * `npm run -s bench -- <name> [--json] [options…]`: runs `bench/<name>.bench.ts`. With `--json` one object {name, when, machine, results}
 * stands alone on standard output; everything else goes to standard error. `--help` says what a bench measures and takes; without a name it lists the
 * benches.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { formatTable } from './format-table.ts'
import { describeBench } from './harness/describe-bench.ts'

/** What a bench found: flat or nested, numbers with their unit in the name. */
export type Results = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[]

/** What each `bench/<name>.bench.ts` exports. */
export type Bench = {
  /**
   * @param options - Arguments after the name, as given.
   * @param report - Says how far it is, in words, on standard error.
   */
  run(options: readonly string[], report: (line: string) => void): Promise<Results>
}

const SUFFIX = '.bench.ts'

function benchNames(): string[] {
  const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  return files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length))
}

/** What the numbers were taken on: enough to compare, nothing that names the machine. */
function machine(): Readonly<Record<string, string | number>> {
  const processors = cpus()
  const memoryGb = Math.round(totalmem() / 2 ** 30)
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb,
  }
}

/** Lists the benches; of a name that is none of them, says so and fails. */
function listBenches(name: string | undefined, names: readonly string[]): void {
  if (name !== undefined) process.stderr.write(`there is no bench called ${name}\n`)
  process.stderr.write(`benches: ${names.join(', ')}; \`npm run -s bench -- NAME --help\` says more\n`)
  process.exitCode = name === undefined ? 0 : 1
}

async function runBench(name: string, options: readonly string[], isJson: boolean): Promise<void> {
  // The file was found by its suffix, and every bench file exports this type.
  const bench = (await import(benchFile(name).href)) as Bench
  const when = new Date().toISOString()
  const results = await bench.run(options, (line) => process.stderr.write(`${line}\n`))
  const whole = { name, when, machine: machine(), results }
  process.stdout.write(isJson ? `${JSON.stringify(whole)}\n` : `${formatTable(results)}\n`)
}

function benchFile(name: string): URL {
  return new URL(`./${name}${SUFFIX}`, import.meta.url)
}

async function main(): Promise<void> {
  const args = process.argv.slice(2)
  const [name, ...options] = args.filter((argument) => argument !== '--json')
  const names = benchNames()
  if (name === undefined || !names.includes(name)) return listBenches(name, names)
  const help = describeBench(readFileSync(benchFile(name), 'utf8'))
  if (options.includes('--help')) {
    process.stdout.write(`${help}\n`)
    return
  }
  try {
    await runBench(name, options, args.includes('--json'))
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && `${error.code}`.startsWith('ERR_PARSE_ARGS'))) throw error
    process.stderr.write(`${error.message}\n\n${help}\n`)
    process.exitCode = 1
  }
}

await main()
