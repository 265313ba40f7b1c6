import type { Cart } from './cart.ts'
import { h } from './dom.ts'
import type { Shop } from './shop.ts'

const TOAST_MS = 6_000

/** Shows short messages at the foot of the page, one at a time. */
export function createToasts(place: HTMLElement): Shop['say'] {
  let timer: ReturnType<typeof setTimeout> | undefined
  return (message, action) => {
    clearTimeout(timer)
    const close = () => place.replaceChildren()
    const act = () => {
      close()
      action?.run()
    }
    place.replaceChildren(
      h(
        'p',
        { class: 'toast' },
        message,
        action ? h('button', { type: 'button', class: 'button', onclick: act }, action.label) : null,
      ),
    )
    timer = action ? undefined : setTimeout(close, TOAST_MS)
  }
}

/** Brings the parts of the page that stay alive: search, cart count, the offline note. */
export function startFrame(cart: Cart, go: (path: string) => void): void {
  const search = document.querySelector<HTMLFormElement>('header form')
  const input = search?.querySelector('input')
  if (input) input.value = new URLSearchParams(location.search).get('q') ?? ''
  search?.addEventListener('submit', (event) => {
    event.preventDefault()
    go(`/search?q=${encodeURIComponent(input?.value.trim() ?? '')}`)
  })
  const count = document.querySelector('[data-cart-count]')
  const showCount = () => {
    const { length } = cart.ids()
    if (count) count.textContent = length === 0 ? '' : ` (${length})`
  }
  cart.onChange(showCount)
  showCount()
  const offline = document.querySelector<HTMLElement>('[data-offline]')
  const showOffline = () => {
    if (offline) offline.hidden = navigator.onLine
  }
  addEventListener('online', showOffline)
  addEventListener('offline', showOffline)
  showOffline()
}
