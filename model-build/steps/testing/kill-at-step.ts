// Loaded before the command line (`--import`): kills its process as it says that it enters the step that
// POCKETSHELF_TEST_KILL_AT names. Only the process itself does so in time: a parent that read the line would race
// with a build that takes a second.

import { stepOfLine } from './step-of-line.ts'

const write = process.stderr.write.bind(process.stderr)

process.stderr.write = (text: string | Uint8Array): boolean => {
  const isWritten = write(text)
  const step = stepOfLine(`${text}`.trimEnd())
  if (step !== undefined && step === process.env.POCKETSHELF_TEST_KILL_AT) process.kill(process.pid, 'SIGKILL')
  return isWritten
}
