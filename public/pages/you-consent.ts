import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

/** The words a visitor agrees to; their hash is kept with the choice. */
const SHARE_TEXT =
  'Send what I look at, like and buy in this shop to this shop, with the hour but no exact time, under a pseudonym that changes every day. The shop uses it to improve the shelves for everyone.'
const KEEP_TEXT = 'Send nothing. My shelves work the same.'

/** The visitor's choice of what may leave the device, and what has left it. */
export function consentPanel({ recommender, say }: Shop): Panel {
  return panel('What may leave this device', async () => {
    const status = await recommender.status()
    const choose = async (choice: 'off' | 'first-party') => {
      const mode = await (choice === 'off'
        ? recommender.consent.withdraw()
        : recommender.consent.set(choice, { text: SHARE_TEXT }))
      say(mode === choice ? 'Your choice is kept.' : 'Your browser asks sites not to track you, so nothing is sent.')
    }
    const option = (choice: 'off' | 'first-party', title: string, text: string) =>
      h(
        'label',
        { class: 'option' },
        h('input', {
          type: 'radio',
          name: 'consent',
          value: choice,
          checked: status.consent === choice,
          onchange: () => void choose(choice),
        }),
        h('span', {}, h('strong', {}, title), h('br'), text),
      )
    const sent =
      status.sentEvents === 0
        ? 'Nothing about you has been sent from this device.'
        : `${status.sentEvents} events were sent, the last ${new Date(status.lastSentAt ?? 0).toLocaleString(document.documentElement.lang)}. ${status.pendingEvents} wait.`
    return [
      h(
        'fieldset',
        {},
        h('legend', {}, 'Choose one'),
        option('off', 'Nothing', KEEP_TEXT),
        option('first-party', 'Help this shop', SHARE_TEXT),
      ),
      h('p', { role: 'status' }, sent),
    ]
  })
}
