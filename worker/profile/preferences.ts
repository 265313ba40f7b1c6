import { RecError } from '#contract/errors'
import type { Preferences } from '#contract/rpc'

const MOST_MUTED = 1_000
const TEXT_CHARS = 256

/** Applies a change to preferences; unknown fields are left out. @throws RecError `bad-request` naming the field */
export function changePreferences(before: Preferences, change: unknown): Preferences {
  if (typeof change !== 'object' || change === null) throw bad('preferences')
  const { surprise = before.surprise, muted = before.muted } = change as Partial<Preferences> // checked below
  if (typeof surprise !== 'number' || !(surprise >= 0 && surprise <= 1)) throw bad('surprise')
  const isName = (name: unknown) => typeof name === 'string' && name.length <= TEXT_CHARS
  if (!Array.isArray(muted) || muted.length > MOST_MUTED || !muted.every(isName)) throw bad('muted')
  return { surprise, muted: [...new Set(muted)] }
}

function bad(field: string): RecError {
  return new RecError('bad-request', `preferences have a wrong ${field}`, { field })
}
