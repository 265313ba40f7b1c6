import { CHANNELS } from '#worker/core/channels'
import type { Answer } from '../crew/seat.ts'
import type { Shown } from './calibration.ts'
import { ask, type Desk, sample } from './desk.ts'
import type { RetrievalResult } from './judgement.ts'

/** What the first stage finds and which channels found what is shown; `even` and `odd` halve the users for calibration. */
export async function retrievalOf(desk: Desk): Promise<{ result: RetrievalResult; even: Shown; odd: Shown }> {
  const users = sample(desk)
  const answers = await ask(desk, users, { count: desk.k, rules: null, withCandidates: true })
  let candidates = 0
  let found = 0
  let wanted = 0
  users.forEach((user, at) => {
    const rows = answers[at].candidates ?? new Int32Array()
    candidates += rows.length
    const set = new Set(rows)
    for (const item of desk.asked[user].truth) {
      wanted++
      if (set.has(item)) found++
    }
  })
  const truths = users.map((user) => desk.asked[user].truth)
  const result = {
    users: users.length,
    candidates: candidates / Math.max(1, users.length),
    recall: found / Math.max(1, wanted),
    channels: channelShares(answers, truths),
  }
  const half = (rest: number) => shownOf(answers, truths, (at) => at % 2 === rest)
  return { result, even: half(0), odd: half(1) }
}

function channelShares(
  answers: readonly Answer[],
  truths: readonly ReadonlySet<number>[],
): RetrievalResult['channels'] {
  const counts = CHANNELS.map(() => ({ shown: 0, hits: 0, only: 0 }))
  let places = 0
  let hits = 0
  answers.forEach(({ items, channels }, at) => {
    items.forEach((item, place) => {
      const isHit = truths[at].has(item)
      places++
      if (isHit) hits++
      counts.forEach((count, channel) => {
        if ((channels[place] & (1 << channel)) === 0) return
        count.shown++
        if (isHit) count.hits++
        if (isHit && channels[place] === 1 << channel) count.only++
      })
    })
  })
  return counts
    .map(({ shown, hits: found, only }, channel) => ({
      name: CHANNELS[channel],
      shown: shown / Math.max(1, places),
      hits: found / Math.max(1, hits),
      onlyHits: only / Math.max(1, hits),
    }))
    .filter(({ shown }) => shown > 0)
}

function shownOf(
  answers: readonly Answer[],
  truths: readonly ReadonlySet<number>[],
  isOf: (at: number) => boolean,
): Shown {
  const scores: number[] = []
  const isHit: number[] = []
  answers.forEach((answer, at) => {
    if (!isOf(at)) return
    answer.items.forEach((item, place) => {
      scores.push(answer.scores[place])
      isHit.push(truths[at].has(item) ? 1 : 0)
    })
  })
  return { scores: Float64Array.from(scores), isHit: Uint8Array.from(isHit) }
}
