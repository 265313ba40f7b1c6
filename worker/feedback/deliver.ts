import type { EngineOptions } from '#contract/rpc'
import { DAY_MS } from '#worker/core/feedback/ledger'
import { sendDue } from '#worker/core/feedback/send-due'
import type { EngineDeps } from '../deps.ts'
import { checkOptions } from '../options.ts'
import { consentOf, effectiveMode } from '../profile/consent.ts'
import { createReportPost, reportLock } from './report-wire.ts'

/**
 * A service worker is told of no Do Not Track, and in some browsers of no Global Privacy Control: what a page found counts for this long.
 * All but 2 % of reports may be sent within it.
 */
const TRUST_MS = DAY_MS

/**
 * Sends the report whose time has come while no page is open, out of the pages' own outbox and under their lock. None is written here: a budget is
 * charged by pages alone. Nothing is sent where consent has gone or run out, this thread sees a privacy signal, or no page looked within a day.
 * @throws RecError `bad-request` for wrong options, `storage-refused`
 */
export async function deliverReport(deps: EngineDeps, options: EngineOptions): Promise<void> {
  const { edge, site, storage } = checkOptions(options)
  if (storage !== 'persistent') return // what a page had in memory is gone with it
  const { profile, feedback, shards } = deps.openStores(`${edge}|${site}`, storage)
  const mode = async () => effectiveMode(options, consentOf(await profile.read('settings')), deps)
  const sending = { store: feedback, nowMs: deps.nowMs, mode, post: createReportPost(deps, options) }
  try {
    if ((await mode()) === 'aggregate') await deps.exclusive(reportLock(options), () => sendDue(sending, TRUST_MS))
  } finally {
    feedback.close()
    profile.close()
    shards.close()
  }
}
