import { PRESETS, type PresetName } from '#contract/feedback/presets'
import { DAY_MS, WINDOW_DAYS } from './ledger.ts'
import { fraction, type Words } from './randomise.ts'

const HOUR_MS = 3_600_000

/** Least time between consent and a report, and between reports. */
const QUIET_MS = DAY_MS

const MEAN_DELAY_MS = 6 * HOUR_MS
const MOST_DELAY_MS = 72 * HOUR_MS

/** When the next report is due: a day and an exponential rest, so that a budget lasts 28 days on average. Clicks have no part in it. */
export function nextDue(nowMs: number, preset: PresetName, words: Words): number {
  const gapMs = (WINDOW_DAYS * DAY_MS) / PRESETS[preset].per28Days
  return nowMs + QUIET_MS + exponential(gapMs - QUIET_MS, words)
}

/** How long a written report waits before it may be sent: exponential with a mean of 6 h, at most 72 h. */
export function sendDelay(words: Words): number {
  return Math.min(MOST_DELAY_MS, exponential(MEAN_DELAY_MS, words))
}

function exponential(meanMs: number, words: Words): number {
  return -meanMs * Math.log(1 - fraction(words))
}
