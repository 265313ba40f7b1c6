/**
 * `npm start [-- --data DIR …]`: builds the page's files when they are stale and hands over to `pocketshelf dev`, which makes the data and
 * the release, serves them and prints the address. All arguments are its own.
 */
import { join } from 'node:path'
import { handOver } from './launcher/child.mjs'
import { ROOT } from './project-files.ts'
import { reportStep } from './run-step.ts'

const { isPassed: isBuilt } = await reportStep({ name: 'build', args: ['tools/build.ts', '--if-stale'] })
if (isBuilt) await handOver(process.execPath, join(ROOT, 'model-build', 'cli.ts'), ['dev', ...process.argv.slice(2)])
else process.exitCode = 1
