import { h } from './dom.ts'

/** Chromium's offer to put the shop among the programs of the device; other browsers have a menu entry of their own. */
type InstallEvent = Event & {
  prompt(): Promise<unknown>
  readonly userChoice: Promise<{ readonly outcome: 'accepted' | 'dismissed' }>
}

const KEY = 'shop:install-declined'

/** Whether the shop can be installed now, and how to ask for it. */
export type Installer = {
  readonly isOffered: () => boolean
  install(): Promise<void>
}

/**
 * Shows `place` while the browser offers to install the shop and the visitor has not declined; `Escape` or a button declines for good.
 * @param storage - null where the browser keeps nothing; a refusal then ends with the page.
 */
export function createInstaller(place: HTMLElement, storage: Storage | null): Installer {
  let offer: InstallEvent | null = null
  const close = () => {
    place.hidden = true
    place.replaceChildren()
  }
  const decline = () => {
    note(storage)
    close()
  }
  const install = async () => {
    const event = offer
    offer = null
    close()
    await event?.prompt()
    if ((await event?.userChoice)?.outcome === 'dismissed') note(storage)
  }
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer = event as InstallEvent // the event of that name
    if (wasDeclined(storage)) return
    place.replaceChildren(...draw(() => void install(), decline))
    place.hidden = false
  })
  addEventListener('appinstalled', () => {
    offer = null
    close()
  })
  place.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') decline()
  })
  return { isOffered: () => offer !== null, install }
}

function draw(install: () => void, decline: () => void): Node[] {
  return [
    h('p', {}, h('strong', {}, 'Keep this shop at hand?'), ' It opens in a window of its own, and without a network.'),
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'button', class: 'button main', onclick: install }, 'Install'),
      h('button', { type: 'button', class: 'button', onclick: decline }, 'Not now'),
    ),
  ]
}

function wasDeclined(storage: Storage | null): boolean {
  try {
    return storage !== null && storage.getItem(KEY) !== null
  } catch {
    return false // asked again next time at worst
  }
}

function note(storage: Storage | null): void {
  try {
    storage?.setItem(KEY, 'yes')
  } catch {
    // asked again next time at worst
  }
}
