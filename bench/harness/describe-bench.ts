/** What a bench says of itself: the comment that its file begins with, without its stars. Empty for a file that begins otherwise. */
export function describeBench(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? ''
  const lines = comment.split('\n').map((line) => line.replace(/^ *\* ?/, '').trimEnd())
  return lines.join('\n').trim()
}
