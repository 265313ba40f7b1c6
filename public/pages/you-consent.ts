import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

/** The words a visitor agrees to; their hash is kept with the choice. */
const SHARE_TEXT =
  'Send what I look at, like and buy in this shop to this shop, with the hour but no exact time, under a pseudonym that changes every day. The shop uses it to improve the shelves for everyone.'
const ANSWER_TEXT =
  'Answer a question about my shelves now and then, with so much chance mixed in that no answer says anything certain about me. At most 8 answers in 28 days, each of epsilon 2 at most; the shop learns only from thousands of them together.'
const KEEP_TEXT = 'Send nothing. My shelves work the same.'

type Choice = 'off' | 'aggregate' | 'first-party'

/** The visitor's choice of what may leave the device, and what has left it; `changed` is told of each choice. */
export function consentPanel({ recommender, say }: Shop, changed: () => void): Panel {
  return panel('What may leave this device', async () => {
    const status = await recommender.status()
    const { sent28d, waiting } = await recommender.feedback.status()
    const choose = async (choice: Choice, text: string) => {
      const mode = await (choice === 'off' ? recommender.consent.withdraw() : recommender.consent.set(choice, { text }))
      changed()
      say(mode === choice ? 'Your choice is kept.' : 'Your browser asks sites not to track you, so nothing is sent.')
    }
    const option = (choice: Choice, title: string, text: string) =>
      h(
        'label',
        { class: 'option' },
        h('input', {
          type: 'radio',
          name: 'consent',
          value: choice,
          checked: status.consent === choice,
          onchange: () => void choose(choice, text),
        }),
        h('span', {}, h('strong', {}, title), h('br'), text),
      )
    const isSilent = status.sentEvents === 0 && sent28d <= waiting
    const sent = isSilent
      ? 'Nothing about you has been sent from this device.'
      : status.sentEvents === 0
        ? 'Of what you do nothing was sent but private answers; see below.'
        : `${status.sentEvents} events were sent, the last ${new Date(status.lastSentAt ?? 0).toLocaleString(document.documentElement.lang)}. ${status.pendingEvents} wait.`
    return [
      h(
        'fieldset',
        {},
        h('legend', {}, 'Choose one'),
        option('off', 'Nothing', KEEP_TEXT),
        option('aggregate', 'Private answers', ANSWER_TEXT),
        option('first-party', 'Help this shop', SHARE_TEXT),
      ),
      h('p', { role: 'status' }, sent),
    ]
  })
}
