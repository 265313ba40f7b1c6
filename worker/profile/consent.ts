import { RecError } from '#contract/errors'
import type { ConsentMode, ConsentRecord, EngineOptions } from '#contract/rpc'
import type { EngineDeps } from '../deps.ts'
import type { ProfileRecord } from '../store/ports.ts'
import { settingOf } from './guarded-store.ts'

const ORDER: readonly ConsentMode[] = ['off', 'aggregate', 'first-party']

/** What may leave the device now: the least of the site's ceiling, the visitor's unexpired choice and the browser's signals. */
export function effectiveMode(
  options: Pick<EngineOptions, 'consentCeiling' | 'privacySignal'>,
  record: ConsentRecord | null,
  { nowMs, seesPrivacySignal }: Pick<EngineDeps, 'nowMs' | 'seesPrivacySignal'>,
): ConsentMode {
  if (options.privacySignal || seesPrivacySignal() || record === null || !(record.expires > nowMs())) return 'off'
  const least = Math.min(ORDER.indexOf(record.choice), ORDER.indexOf(options.consentCeiling))
  return ORDER[least] ?? 'off'
}

/** The visitor's choice among stored settings; null where there is none. */
export function consentOf(settings: readonly ProfileRecord[]): ConsentRecord | null {
  return (settingOf(settings, 'consent') as ConsentRecord | undefined) ?? null // written by `Profile.setConsent` alone
}

/** Reads a consent record. @throws RecError `bad-request` */
export function parseConsent(value: unknown): ConsentRecord {
  if (typeof value !== 'object' || value === null) throw bad('record')
  const { version, choice, at, textHash, expires } = value as Record<string, unknown> // every field is checked here
  if (version !== 1) throw bad('version')
  if (choice !== 'off' && choice !== 'aggregate' && choice !== 'first-party') throw bad('choice')
  if (typeof at !== 'number' || !Number.isFinite(at)) throw bad('at')
  if (typeof expires !== 'number' || !Number.isFinite(expires)) throw bad('expires')
  if (typeof textHash !== 'string' || textHash.length > 128) throw bad('textHash')
  return { version, choice, at, textHash, expires }
}

function bad(field: string): RecError {
  return new RecError('bad-request', `the consent record has a wrong ${field}`, { field })
}
