import { renderSVG } from 'uqr'
import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

/** As many items as a QR code holds when they are encrypted. */
const CODE_ITEMS = 30
/** Start of the address in a code; the part behind `#` never leaves the browser. */
const CODE_PATH = '/you#profile='

/** Takes the profile elsewhere, or ends it. */
export function movePanel(shop: Shop): Panel {
  const passphrase = h('input', { type: 'password', id: 'passphrase', autocomplete: 'new-password' })
  const code = h('div', { class: 'code', role: 'status' })
  const file = h('input', {
    type: 'file',
    accept: 'application/json,text/plain',
    hidden: true,
    'aria-label': 'Profile file',
  })
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? []
    if (chosen) await read(shop, await chosen.text(), passphrase.value)
    file.value = ''
  })
  const dialog = forgetDialog(async () => {
    shop.cart.clear()
    await shop.recommender.forget()
    shop.say('Everything is forgotten.')
  })
  const button = (label: string, run: () => void) =>
    h('button', { class: 'button', type: 'button', onclick: run }, label)
  return panel('Take it with you, or end it', async () => [
    h(
      'p',
      {},
      'Keep everything above as a file, or carry it to your phone as a QR code: the same shelves are there at once.',
    ),
    h(
      'p',
      { class: 'field' },
      h('label', { for: 'passphrase' }, 'Passphrase'),
      passphrase,
      h('span', { class: 'soft' }, 'encrypts what you save; a code always needs one'),
    ),
    h(
      'div',
      { class: 'actions' },
      button('Save as a file', () => void save(shop, passphrase.value)),
      button('Show a QR code', () => void show(shop, passphrase.value, code)),
      button('Read a file', () => file.click()),
      h('button', { class: 'button danger', type: 'button', onclick: () => dialog.showModal() }, 'Forget everything'),
    ),
    code,
    file,
    dialog,
  ])
}

/** Reads the profile that an address carries, from a QR code of another device; asks for its passphrase. */
export function readAddress(shop: Shop): HTMLElement | null {
  const text = location.hash.startsWith('#profile=') ? location.hash.slice('#profile='.length) : ''
  if (text === '') return null
  const passphrase = h('input', { type: 'password', id: 'code-passphrase', autocomplete: 'off' })
  const form = h(
    'form',
    { class: 'box' },
    h('h2', {}, 'A profile from another device'),
    h('p', { class: 'field' }, h('label', { for: 'code-passphrase' }, 'Its passphrase'), passphrase),
    h('button', { class: 'button main' }, 'Take it over'),
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (!(await read(shop, text, passphrase.value))) return
    history.replaceState(history.state, '', location.pathname)
    form.remove()
  })
  return form
}

async function save({ recommender, say }: Shop, passphrase: string): Promise<void> {
  const text = await recommender.profile.export({ passphrase })
  const url = URL.createObjectURL(new Blob([text], { type: passphrase ? 'text/plain' : 'application/json' }))
  h('a', { href: url, download: passphrase ? 'my-taste.txt' : 'my-taste.json' }).click()
  URL.revokeObjectURL(url)
  say(passphrase ? 'Saved, and encrypted.' : 'Saved. Whoever has the file can read it.')
}

async function show({ recommender, say }: Shop, passphrase: string, place: HTMLElement): Promise<void> {
  if (passphrase === '') {
    say('Choose a passphrase first: a code can be photographed.')
    return
  }
  const text = await recommender.profile.export({ passphrase, items: CODE_ITEMS })
  const address = `${location.origin}${CODE_PATH}${text}`
  const image = new DOMParser().parseFromString(
    renderSVG(address, { ecc: 'L', border: 2 }),
    'image/svg+xml',
  ).documentElement
  image.setAttribute('role', 'img')
  image.setAttribute('aria-label', 'QR code of your profile')
  place.replaceChildren(
    image,
    h(
      'p',
      { class: 'soft' },
      `Scan it with the other device and type the passphrase there. It holds your latest ${CODE_ITEMS} items. `,
      h('a', { href: address, 'data-code': true }, 'The same as a link'),
    ),
  )
}

async function read({ recommender, say }: Shop, text: string, passphrase: string): Promise<boolean> {
  try {
    say(`${await recommender.profile.import(text.trim(), { passphrase })} events were read.`)
    return true
  } catch {
    say('This is not a profile of this shop, or its passphrase is another one.')
    return false
  }
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
