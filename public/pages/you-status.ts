import { h } from '../shop/dom.ts'
import type { Shop } from '../shop/shop.ts'
import { type Panel, panel } from './you-panel.ts'

/** What works behind the shelves. */
export function statusPanel({ recommender, installer, say }: Shop): Panel {
  const look = async () => {
    const before = (await recommender.status()).release
    const after = (await recommender.refresh()).release
    say(after === before ? 'This is the newest release.' : `Now on release ${after}.`)
  }
  return panel('The engine room', async () => {
    const status = await recommender.status()
    const rows: readonly (readonly [string, string])[] = [
      ['Release', status.release ?? 'none'],
      [
        'Items on this device',
        `${status.residentItems.toLocaleString()} (${status.residentCells} of ${status.totalCells} cells)`,
      ],
      ['Stored', `${megabytes(status.storedBytes)} · ${status.storage}`],
      ['Memory', megabytes(status.memoryBytes)],
      ['Size class', status.tier],
      ['Search engine', status.retrievers.join(', ') || 'not started'],
      ['Ranking engine', { onnx: 'ONNX Runtime', trees: 'built-in trees', none: 'not started' }[status.ranker]],
      ['Last error', status.lastError?.code ?? 'none'],
    ]
    return [
      h('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
      h(
        'div',
        { class: 'actions' },
        h('button', { class: 'button', type: 'button', onclick: () => void look() }, 'Look for a newer release'),
        installer.isOffered() &&
          h('button', { class: 'button', type: 'button', onclick: () => void installer.install() }, 'Install the shop'),
      ),
    ]
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`
}
