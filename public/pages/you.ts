import { h } from '../shop/dom.ts'
import type { Page, Shop } from '../shop/shop.ts'
import { beliefsPanel, historyPanel } from './you-beliefs.ts'
import { consentPanel, movePanel } from './you-consent.ts'
import { statusPanel } from './you-status.ts'

/** What the device knows, and the visitor's say in it. */
export function youPage(shop: Shop): Page {
  const panels = [beliefsPanel(shop), consentPanel(shop), historyPanel(shop), movePanel(shop), statusPanel(shop)]
  const drawAll = () => {
    for (const panel of panels) void panel.draw()
  }
  const ends = [
    shop.recommender.on('profile-changed', drawAll),
    shop.recommender.on('release-changed', drawAll),
    shop.recommender.on('engines-ready', drawAll),
  ]
  drawAll()
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
      ...panels.map((panel) => panel.element),
    ),
  }
}
