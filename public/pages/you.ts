import { h } from '../shop/dom.ts'
import type { Page, Shop } from '../shop/shop.ts'
import { beliefsPanel, historyPanel } from './you-beliefs.ts'
import { consentPanel } from './you-consent.ts'
import { movePanel, readAddress } from './you-move.ts'
import { reportsPanel } from './you-reports.ts'
import { statusPanel } from './you-status.ts'
import { tunePanel } from './you-tune.ts'

/** What the device knows, and the visitor's say in it. */
export function youPage(shop: Shop): Page {
  const reports = reportsPanel(shop)
  const panels = [
    beliefsPanel(shop),
    tunePanel(shop),
    consentPanel(shop, () => void reports.draw()),
    reports,
    historyPanel(shop),
    movePanel(shop),
    statusPanel(shop),
  ]
  const place = h('div', { class: 'you' }, h('p', { class: 'soft', role: 'status' }, 'One moment…'))
  const drawAll = async () => {
    await Promise.all(panels.map((panel) => panel.draw()))
    if (panels.every(({ element }) => !element.isConnected))
      place.replaceChildren(...panels.map(({ element }) => element))
  }
  const redraw = () => void drawAll()
  const ends = [
    shop.recommender.on('profile-changed', redraw),
    shop.recommender.on('release-changed', redraw),
    shop.recommender.on('engines-ready', redraw),
  ]
  redraw()
  return {
    title: 'Your data',
    leave: () => {
      for (const end of ends) end()
    },
    content: h(
      'div',
      { class: 'you' },
      h('h1', { tabindex: -1 }, 'Your data'),
      h(
        'p',
        { class: 'lead' },
        'Everything this shop remembers about your taste is on this page, and lives in this browser.',
      ),
      readAddress(shop),
      place,
    ),
  }
}
