import { RecError } from '#contract/errors'
import { isSiteName } from '#contract/limits'
import type { EngineOptions } from '#contract/rpc'

/** Checks what a page hands over. @throws RecError `bad-request` naming the field */
export function checkOptions(options: EngineOptions): EngineOptions {
  const { edge, site, channel, keys, storage, consentCeiling, tier } = options
  if (!/^https?:\/\/[^\s?#]+[^/]$/.test(edge)) throw bad('edge')
  if (!isSiteName(site)) throw bad('site')
  if (!isSiteName(channel)) throw bad('channel')
  if (!Array.isArray(keys) || keys.length === 0) throw bad('keys')
  if (storage !== 'memory' && storage !== 'persistent') throw bad('storage')
  if (!['off', 'aggregate', 'first-party'].includes(consentCeiling)) throw bad('consentCeiling')
  if (!['auto', 'saver', 'phone', 'desktop'].includes(tier)) throw bad('tier')
  return options
}

function bad(field: string): RecError {
  return new RecError('bad-request', `the options have a wrong ${field}`, { field })
}
