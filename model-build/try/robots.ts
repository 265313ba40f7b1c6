/** Who fetches, as `robots.txt` names us. */
export const ROBOT_NAME = 'pocketshelf'

/** Whether a path (with query) may be fetched. */
export type RobotRules = (path: string) => boolean

type Rule = { readonly isAllowed: boolean; readonly pattern: string }

/** The rules of a `robots.txt` for us: our own group, else the one of `*`; the longest matching rule wins (RFC 9309). */
export function parseRobots(text: string): RobotRules {
  const groups = new Map<string, Rule[]>()
  let names: string[] = []
  let isNaming = false
  for (const line of text.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^\s*([\w-]+)\s*:\s*([^#]*)/.exec(line) ?? []
    const field = key.toLowerCase()
    if (field === 'user-agent') {
      names = isNaming ? [...names, value.trim().toLowerCase()] : [value.trim().toLowerCase()]
      isNaming = true
    } else if (field === 'allow' || field === 'disallow') {
      isNaming = false
      if (value.trim() === '') continue
      const rule = { isAllowed: field === 'allow', pattern: value.trim() }
      for (const name of names) groups.set(name, [...(groups.get(name) ?? []), rule])
    }
  }
  const rules = groups.get(ROBOT_NAME) ?? groups.get('*') ?? []
  return (path) => {
    const matching = rules.filter(({ pattern }) => matches(pattern, path))
    const [first] = matching.sort(
      (a, b) => b.pattern.length - a.pattern.length || Number(b.isAllowed) - Number(a.isAllowed),
    )
    return first?.isAllowed ?? true
  }
}

/** `*` stands for any text, `$` at the end for the end. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$')
  const [first = '', ...parts] = (isWhole ? pattern.slice(0, -1) : pattern).split('*')
  if (!path.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of parts.entries()) {
    const isLast = isWhole && index === parts.length - 1
    const found = isLast ? path.length - part.length : path.indexOf(part, at)
    if (found < at || (isLast && !path.endsWith(part))) return false
    at = found + part.length
  }
  return !isWhole || parts.length > 0 || path.length === at
}
