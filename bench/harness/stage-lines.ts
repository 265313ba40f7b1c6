/** Seconds at which a command entered a stage. */
export type StageStart = { readonly name: string; readonly atSeconds: number }

/** Reads one line of a command's progress, `[12.3 s] stage name` or `[12.3 s] stage name 50 %`; null for other lines. */
export function parseStageLine(line: string): StageStart | null {
  const [, seconds, name] = /^\[(\d+(?:\.\d+)?) s\] (.+?)(?: \d+ %)?$/.exec(line) ?? []
  return seconds === undefined || name === undefined ? null : { name, atSeconds: Number(seconds) }
}

/**
 * Milliseconds spent in each stage, in order of first entry; a stage entered twice is added up.
 * @param starts - In order of time; quarters of a stage may repeat its name.
 */
export function stageTimes(starts: readonly StageStart[], endSeconds: number): Record<string, number> {
  const spent: Record<string, number> = {}
  starts.forEach(({ name, atSeconds }, i) => {
    const until = starts[i + 1]?.atSeconds ?? endSeconds
    spent[name] = Math.round((spent[name] ?? 0) + (until - atSeconds) * 1000)
  })
  return spent
}
