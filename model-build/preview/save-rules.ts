import { parse, stringify } from 'smol-toml'
import { RecError } from '#contract/errors'
import type { SiteRules } from '../release/site-rules.ts'

/**
 * A configuration's text with these pins and boosts in its `[rules]`; everything else, comments and order included, stays as it is.
 * @throws RecError `config-invalid` when the text writes its rules in a way that cannot be told apart from the rest.
 */
export function saveRules(text: string, rules: SiteRules): string {
  const lines = text.split('\n')
  const kept: string[] = []
  let isRules = false
  for (const line of lines) {
    const header = /^\s*\[+\s*([\w.-]+)/.exec(line)?.[1]
    if (header !== undefined) isRules = header === 'rules' || header.startsWith('rules.')
    if (!isRules || /^\s*#/.test(line)) kept.push(line)
  }
  const rest = kept.join('\n').trimEnd()
  const block = stringify({ rules: { pins: [...rules.pins], boosts: [...rules.boosts] } }).trimEnd()
  const next = `${rest}${rest === '' ? '' : '\n\n'}${block}\n`
  if (!isSameElsewhere(text, next))
    throw new RecError(
      'config-invalid',
      'the file writes its rules in a way that cannot be edited; put them under [rules]',
    )
  return next
}

function isSameElsewhere(before: string, after: string): boolean {
  try {
    const [{ rules: _old, ...others }, { rules: _new, ...same }] = [parse(before), parse(after)]
    return JSON.stringify(others) === JSON.stringify(same)
  } catch {
    return false // the file was no TOML, or it is none any more
  }
}
