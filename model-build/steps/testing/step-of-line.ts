/** The step that a line of a command's progress names, `[12.3 s] step` or `[12.3 s] step 50 %`; undefined for other lines. */
export function stepOfLine(line: string): string | undefined {
  return /^\[[\d.]+ s\] (.+?)(?: \d+ %)?$/.exec(line)?.[1]
}
