// Loaded before the command line (`--import`): kills its process as it says that it enters the step that
// POCKETSHELF_TEST_KILL_AT names. Only the process itself does so in time: a parent that read the line would race
// with a build that takes a second.

const write = process.stderr.write.bind(process.stderr)

process.stderr.write = (text: string | Uint8Array): boolean => {
  const isWritten = write(text)
  const [, step] = /^\[[\d.]+ s\] (.+?)(?: \d+ %)?\n$/.exec(`${text}`) ?? []
  if (step !== undefined && step === process.env.POCKETSHELF_TEST_KILL_AT) process.kill(process.pid, 'SIGKILL')
  return isWritten
}
