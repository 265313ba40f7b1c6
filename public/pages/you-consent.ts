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

/** Takes the profile elsewhere, or ends it. */
export function movePanel({ recommender, cart, say }: Shop): Panel {
  const file = h('input', { type: 'file', accept: 'application/json', hidden: true, 'aria-label': 'Profile file' })
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? []
    if (!chosen) return
    try {
      const count = await recommender.importProfile(JSON.parse(await chosen.text()))
      say(`${count} events were read.`)
    } catch {
      say('This file is not a profile of this shop.')
    }
    file.value = ''
  })
  const save = async () => {
    const text = JSON.stringify(await recommender.exportProfile(), null, 2)
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    h('a', { href: url, download: 'my-taste.json' }).click()
    URL.revokeObjectURL(url)
  }
  const dialog = forgetDialog(async () => {
    cart.clear()
    await recommender.forget()
    say('Everything is forgotten.')
  })
  return panel('Take it with you, or end it', async () => [
    h('p', {}, 'The file holds everything above; read it in on another device to have the same shelves there.'),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'button', type: 'button', onclick: () => void save() }, 'Save my profile'),
      h('button', { class: 'button', type: 'button', onclick: () => file.click() }, 'Read a profile'),
      h('button', { class: 'button danger', type: 'button', onclick: () => dialog.showModal() }, 'Forget everything'),
    ),
    file,
    dialog,
  ])
}

function forgetDialog(forget: () => Promise<void>): HTMLDialogElement {
  const dialog = h('dialog', { 'aria-labelledby': 'forget-title' })
  const yes = () => {
    dialog.close()
    void forget()
  }
  dialog.append(
    h('h2', { id: 'forget-title' }, 'Forget everything?'),
    h('p', {}, 'History, beliefs, choices and the cart on this device are erased. This cannot be undone.'),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Keep it'),
      h('button', { class: 'button danger', type: 'button', onclick: yes }, 'Yes, forget everything'),
    ),
  )
  return dialog
}
