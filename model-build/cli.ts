#!/usr/bin/env node
import { runCommandLine } from './commands/program.ts'

const abort = new AbortController()
process.once('SIGINT', () => abort.abort())
process.once('SIGTERM', () => abort.abort())
// A reader that closes the pipe early (`pocketshelf --help | head`) is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await runCommandLine(process.argv.slice(2), {
  streams: {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
  },
  nowMs: () => performance.now(),
  signal: abort.signal,
  exitCode: 0,
})
