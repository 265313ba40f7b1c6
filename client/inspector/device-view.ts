import type { FeedbackStatus, Inspection } from '#contract/rpc'
import { facts, fold, megabytes, table } from './parts.ts'

const DAY_MS = 86_400_000

/** Release, shards, bytes, memory, engines. */
export function deviceView({ status, release, cells, objects }: Inspection): HTMLElement {
  return fold(
    `Device · release ${release.name}`,
    false,
    facts([
      ['release', `${release.name}, made ${release.createdAt}`],
      ['sequence and arm', `${status.sequence} · ${release.arm}`],
      ['items', `${status.residentItems} of ${release.items} on this device`],
      ['cells', `${status.residentCells} of ${status.totalCells}`],
      ['stored', `${megabytes(status.storedBytes)} in ${objects.stored} objects · ${status.storage}`],
      ['this release', `${objects.fetched} objects fetched, ${objects.reused} found here`],
      ['memory beside engines', megabytes(status.memoryBytes)],
      ['tier', status.tier],
      ['engine rule', `${status.retrievers.join(', ') || 'none'} search, ${status.ranker} ranks`],
      ['last error', status.lastError === null ? 'none' : `${status.lastError.code}: ${status.lastError.message}`],
    ]),
    table(
      ['cell', 'role', 'items'],
      cells.map(({ cell, role, items }) => [`${cell}`, role, `${items}`]),
    ),
  )
}

/** What is known of the visitor, and what has left the device. */
export function privacyView({ status, ledger }: Inspection, reports: FeedbackStatus): HTMLElement {
  const { preferences, choice, expires } = ledger
  const { sent28d, cap28d, epsSum28d, waiting, planHash, debits } = reports
  const isSilent = status.sentEvents === 0 && sent28d <= waiting
  return fold(
    `Privacy · ${isSilent ? 'nothing was sent' : `${status.sentEvents} events and ${sent28d - waiting} private reports were sent`}`,
    false,
    facts([
      ['mode in force', status.consent],
      ['the visitor chose', choice === null ? 'nothing yet' : `${choice}, until ${dateOf(expires ?? 0)}`],
      ['events kept here', ledger.events],
      ['items of the history', status.historyItems],
      ['events that wait', status.pendingEvents],
      ['events sent', status.sentEvents],
      ['last sent', status.lastSentAt === null ? 'never' : new Date(status.lastSentAt).toISOString()],
      ['familiar to surprising', preferences.surprise],
      ['muted', preferences.muted.join(', ') || 'nothing'],
      ['private reports in 28 days', `${sent28d} of ${cap28d}, epsilon ${epsSum28d} together · ${waiting} wait`],
      ['plan of questions', planHash ?? 'none'],
    ]),
    ...(debits.length === 0
      ? []
      : [
          table(
            ['day', 'question', 'epsilon', '32 bytes'],
            debits.map(({ day, question, epsilon, hex }) => [dateOf(day * DAY_MS), question, `${epsilon}`, hex]),
          ),
        ]),
  )
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
