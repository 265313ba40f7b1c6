/** A module beside another one, with that one's extension, so that both sources (.ts) and a compiled build (.js) find it. */
export function neighbourUrl(moduleUrl: string, name: string): URL {
  return new URL(`./${name}${moduleUrl.endsWith('.ts') ? '.ts' : '.js'}`, moduleUrl)
}
