import type { Recommender } from 'pocketshelf'
import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

type Status = Awaited<ReturnType<Recommender['feedback']['status']>>
type Report = Status['debits'][number]

const DAY_MS = 86_400_000

/** What was asked, as a visitor would say it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  rank: 'How far did one list miss what you took?',
  pair: 'What goes with what you took?',
  head: 'Which popular item did you take, if any?',
  pos: 'Was one place of a list clicked?',
  'canary-main': 'Did you click a recommendation on your last visit?',
  'canary-canary': 'Did you click a recommendation on your last visit?',
}

/** Every private report of four weeks, byte for byte, and what may still be said. */
export function reportsPanel({ recommender }: Shop): Panel {
  return panel('Private answers', async () => {
    const status = await recommender.feedback.status()
    const reports = [...status.debits].reverse()
    return [
      h('p', { role: 'status' }, `${usedOf(status)} ${stateOf(status)}`),
      h(
        'p',
        { class: 'soft' },
        'An answer is 32 bytes drawn at random, so that the same bytes could have come from any other answer. Epsilon says how much more likely they are under yours: up to e to its power.',
      ),
      ...(reports.length === 0 ? [] : [tableOf(reports)]),
    ]
  })
}

function usedOf({ sent28d, cap28d, epsSum28d }: Status): string {
  if (sent28d === 0) return `No answer was written in the last 28 days; ${cap28d} may be.`
  const left = Math.max(0, cap28d - sent28d)
  return `${sent28d} of ${cap28d} answers of the last 28 days are used, epsilon ${epsSum28d} together; ${left === 0 ? 'none is' : `${left} ${left === 1 ? 'is' : 'are'}`} left.`
}

function stateOf({ mode, planHash, waiting }: Status): string {
  if (mode !== 'aggregate') return 'None is written or sent now.'
  if (waiting > 0)
    return waiting === 1 ? 'One waits for its time to be sent.' : `${waiting} wait for their time to be sent.`
  return planHash === null ? 'This shop asks nothing now.' : 'None waits to be sent.'
}

function tableOf(reports: readonly Report[]): HTMLElement {
  const head = ['Day', 'Question', 'Epsilon', 'All 32 bytes'].map((name) => h('th', { scope: 'col' }, name))
  const rows = reports.map(({ day, question, epsilon, hex }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, new Date(day * DAY_MS).toISOString().slice(0, 10)),
      h('td', {}, QUESTIONS[question] ?? question),
      h('td', {}, `${epsilon}`),
      h('td', {}, h('code', {}, hex)),
    ),
  )
  const caption = h('caption', {}, 'Answers written on this device, latest first')
  const table = h('table', { class: 'reports' }, caption, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows))
  return h('div', { class: 'wide', role: 'region', 'aria-label': 'Answers written on this device', tabindex: 0 }, table)
}
